package synth

// Kinds of accounts (要領§5(2), §5(3)).
var (
	staff    = kind{name: "staff", headers: []string{"ログインID", "氏名(漢字)", "メールアドレス", "所属", "停止"}}
	managers = kind{name: "managers", headers: []string{
		"管理者種別", "保険会社コード", "管理者ID", "パスワード", "氏名(漢字)", "所属部署", "メールアドレス", "停止",
	}}
)

// accounts are those who work with the register: the association's people, the
// 特別管理者 of two insurers, whom it names, and the managers that 1001 names
// itself. No password stands in a file; they are drawn.
func (c *cast) accounts() {
	const office, center = "協会", "コンタクトセンター"
	c.logsIn(1, "C0001", "見本　協一", office, "")
	c.logsIn(1, "C0002", "見本　協二", office, "")
	c.logsIn(1, "C0003", "見本　協三", office, "")
	c.logsIn(1, "C0901", "見本　窓子", center, "")
	c.manages(1, association, "特別管理者", "1001", "", "見本　青空", "sp1001@example.com", "")
	c.manages(1, association, "特別管理者", "1002", "", "見本　港", "sp1002@example.com", "")
	c.manages(1, "1001", "指定管理者", "1001", "M1001-01", "見本　指子", "", "")
	c.manages(1, "1001", "一般管理者", "1001", "M1001-02", "見本　一般", "", "")

	c.manages(2, "1001", "一般管理者", "1001", "M1001-02", "見本　一般", "", "1")
	c.logsIn(3, "C0003", "見本　協三", office, "1")
}

// logsIn sends a row of a ログインID.
func (c *cast) logsIn(night int, id, name, office, stopped string) {
	c.add(night, association, staff, texts(id, name, id+"@example.com", office, stopped))
}

// manages sends a row of a 管理者ID.
func (c *cast) manages(night int, sender, title, insurer, id, name, email, stopped string) {
	c.add(night, sender, managers, texts(title, insurer, id, "", name, "業務部", email, stopped))
}
