package main

import (
	"os"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
)

// lock NAME PASSWORD makes a registrations workbook of one row with a password.
func lock(ts *testscript.TestScript, _ bool, args []string) {
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range [][]any{
		{"代理申請会社", "代理店登録番号", "代理店名", "募集人ID", "氏名", "役割", "登録事由", "登録事由発生年月日"},
		{"1001", "D1", "見本代理店", "P00", "見本 太郎", "使用人", "登録", "2020-04-01"},
	} {
		ts.Check(f.SetSheetRow("Sheet1", []string{"A1", "A2"}[i], &row))
	}
	out, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer out.Close()
	ts.Check(f.Write(out, excelize.Options{Password: args[1]}))
}
