package engine

// compareNames finds the level of the whole name and how rare what agrees is,
// in quarter bits. What agrees counts once, whatever the number of writings.
func (c *Columns) compareNames(x, y uint32) (nameLevel, uint8) {
	a, b := &c.rows[x], &c.rows[y]
	fam := c.comparePart(a.fam, b.fam, a.kfam, b.kfam)
	giv := c.comparePart(a.giv, b.giv, a.kgiv, b.kgiv)
	famBits, givBits := familyBits(a, b, fam), givenBits(a, b, giv)
	switch {
	case fam.agrees() && giv.agrees():
		return bothAgree(fam, giv), sum(famBits, givBits)
	case (a.flags|b.flags)&(flagWhole|flagWholeKan) != 0:
		if l, rare := c.compareWhole(a, b); l != nameUnknown {
			return l, rare
		}
	}
	if c.swapped(a, b) {
		return nameSwapped, sum(min(familyOf(a), givenOf(b)), min(givenOf(a), familyOf(b)))
	}
	if rare, ok := c.crossed(a, b); ok && !fam.agrees() && !giv.agrees() {
		return nameCrossed, rare
	}
	switch {
	case giv.agrees() && fam == partUnknown:
		return nameGivenOnly, givBits
	case giv.agrees():
		return c.familyChanged(x, y, fam, givBits)
	case fam.agrees() && giv == partUnknown:
		return nameFamilyOnly, famBits
	case fam.agrees() && giv == partNear:
		return nameNearGiven, famBits
	case fam.agrees() && c.forms.latin[a.giv] && c.forms.latin[b.giv]:
		return nameRelativeLatin, famBits
	case fam.agrees():
		return nameRelative, famBits
	case fam == partUnknown && giv == partUnknown:
		return nameUnknown, 0
	case fam == partNear && giv == partNear:
		return nameSimilar, 0
	case fam == partNear && giv == partUnknown, fam == partUnknown && giv == partNear:
		return nameNearOnly, 0
	case giv == partNear && c.isFormer(x, y):
		return nameSimilar, 0
	}
	return nameConflict, 0
}

func sum(a, b uint8) uint8 { return uint8(min(int(a)+int(b), 255)) }

func bothAgree(fam, giv partLevel) nameLevel {
	switch {
	case fam == partBoth && giv == partBoth:
		return nameAll
	case giv == partOther:
		return nameOtherGiven
	case fam == partOther:
		return nameOtherFamily
	case fam == partReading || giv == partReading:
		return nameReading
	case fam == partKana || giv == partKana:
		return nameKana
	}
	return nameKanji
}

// familyChanged tells a slip from a marriage.
func (c *Columns) familyChanged(x, y uint32, fam partLevel, givBits uint8) (nameLevel, uint8) {
	a, b := &c.rows[x], &c.rows[y]
	switch {
	case c.isFormer(x, y):
		return nameFormer, sum(givBits, min(familyOf(a), familyOf(b)))
	case fam == partNear:
		return nameNearFamily, givBits
	case a.sex == 2 && b.sex == 2:
		return nameChangedWoman, givBits
	}
	return nameChanged, givBits
}

// isFormer reports whether a former family name of one is a family name of the
// other, present or former.
func (c *Columns) isFormer(x, y uint32) bool {
	a, b := &c.rows[x], &c.rows[y]
	if a.former == 0 && b.former == 0 {
		return false
	}
	if a.former != 0 && (a.former == b.fam || a.former == b.kfam || a.former == b.former) ||
		b.former != 0 && (b.former == a.fam || b.former == a.kfam) {
		return true
	}
	if (a.flags|b.flags)&flagFormers == 0 {
		return false
	}
	for _, f := range c.formerOf(x) {
		for _, g := range append(c.formerOf(y), b.fam, b.kfam) {
			if f == g && f != 0 {
				return true
			}
		}
	}
	for _, g := range c.formerOf(y) {
		if g == a.fam && g != 0 || g == a.kfam && g != 0 {
			return true
		}
	}
	return false
}

// formerOf lists all former names of a record in a slice of its own.
func (c *Columns) formerOf(r uint32) []uint32 {
	return append([]uint32{c.rows[r].former}, c.formers[r]...)
}

// swapped reports whether family and given name changed places.
func (c *Columns) swapped(a, b *row) bool {
	return a.fam != 0 && a.giv != 0 && a.fam == b.giv && a.giv == b.fam ||
		a.kfam != 0 && a.kgiv != 0 && a.kfam == b.kgiv && a.kgiv == b.kfam
}

// crossed reports whether family and given name changed places in so far as they
// are there: one of them agrees with its counterpart, and the other is missing
// or has a slip. It returns how rare what agrees is.
func (c *Columns) crossed(a, b *row) (uint8, bool) {
	one, other := c.comparePart(a.fam, b.giv, a.kfam, b.kgiv), c.comparePart(a.giv, b.fam, a.kgiv, b.kfam)
	lax := func(l partLevel) bool { return l == partUnknown || l == partNear }
	switch {
	case one.agrees() && lax(other):
		return min(familyOf(a), givenOf(b)), true
	case other.agrees() && lax(one):
		return min(givenOf(a), familyOf(b)), true
	}
	return 0, false
}

// compareWhole compares names of which at least one could not be cut.
func (c *Columns) compareWhole(a, b *row) (nameLevel, uint8) {
	if a.fam != 0 && b.fam != 0 && c.forms.joined(a.fam, a.giv) == c.forms.joined(b.fam, b.giv) {
		return nameKanji, max(sum(a.famBits, a.givBits), sum(b.famBits, b.givBits))
	}
	if a.kfam != 0 && b.kfam != 0 && c.forms.joined(a.kfam, a.kgiv) == c.forms.joined(b.kfam, b.kgiv) {
		return nameKana, max(sum(a.kfamBits, a.kgivBits), sum(b.kfamBits, b.kgivBits))
	}
	return nameUnknown, 0
}

// familyBits is how rare the family name is in the writing that agrees: the less
// rare of the two counts, where they differ by generation.
func familyBits(a, b *row, l partLevel) uint8 {
	if l.byKana() {
		return min(a.kfamBits, b.kfamBits)
	}
	return min(a.famBits, b.famBits)
}

func givenBits(a, b *row, l partLevel) uint8 {
	if l.byKana() {
		return min(a.kgivBits, b.kgivBits)
	}
	return min(a.givBits, b.givBits)
}

// familyOf is how rare the family name is in any writing.
func familyOf(a *row) uint8 {
	if a.fam == 0 {
		return a.kfamBits
	}
	return a.famBits
}

func givenOf(a *row) uint8 {
	if a.giv == 0 {
		return a.kgivBits
	}
	return a.givBits
}
