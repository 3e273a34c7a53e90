package source

import "io"

func (t *Table) openXLSX(r io.ReaderAt, size int64, o Options) error { return refuse(CodeBadPackage) }
