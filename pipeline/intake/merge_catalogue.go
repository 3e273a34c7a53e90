package intake

// mergeEntry is what one fault of a merge says, and of which column.
type mergeEntry struct {
	key string
	*Finding
}

// mergeCatalogue holds every fault that a row can show against the register.
// The sender may not be entitled to what the register holds, so no text
// repeats a stored value.
var mergeCatalogue = []mergeEntry{
	{"agent_id", bad(CodeUnknownAgent,
		"この募集人IDは募集人基本情報にありません。IDを確かめてください。正しい場合は、基本情報が登録された後に、このファイルをそのままもう一度送ってください。",
		"no agent with this ID is on file; check the ID, or send the file again as it is once the agent's basic information has arrived")},
	{"name", bad(CodeIdentityMismatch,
		"氏名と生年月日のどちらも、この募集人IDの登録内容と異なります。別の人の募集人IDになっていないか確かめ、正しいIDで送り直してください。",
		"neither the name nor the birth date is that of the agent with this ID; check whether the ID is another person's")},
	{"name", doubtful(CodeNameDiffers,
		"氏名が、この募集人IDの登録内容（旧氏名を含む）と異なります。IDの取り違えがないか確かめ、氏名が変わった場合は基本情報の変更を届け出てください。",
		"the name is none of those on file for this ID; check the ID, and have the basic information updated if the name has changed")},
	{"born_on", doubtful(CodeBirthDateDiffers,
		"生年月日が、この募集人IDの登録内容と異なります。どちらが正しいか証明書類で確かめ、誤っている方の訂正を申し出てください。",
		"the birth date is not the one on file for this ID; find out which is right and have the other corrected")},
	{"born_on", doubtful(CodeBirthDateChanged,
		"登録されている生年月日が、この行で変わります。証明書類で確かめた変更かどうか、確認してください。",
		"this row changes the birth date on file; make sure that the change has been proved")},
	{"id_acquired_on", bad(CodeIDAcquiredDiffers,
		"登録されているID取得日と異なります。ID取得日は一度登録すると、取込みでは変わりません。日付を確かめ、登録の方が誤っている場合は訂正を申し出てください。",
		"the ID acquisition date is not the one on file, and an import never changes it; check the date, or apply for a correction")},
	{"suspended", doubtful(CodeStopLifted,
		"この行で強制停止が解除されます。意図した解除かどうか、確認してください。",
		"this row lifts the agent's suspension; make sure that this is intended")},
	{"certificate_no", bad(CodeWithdrawalWithoutPass,
		"取り消す資格が登録されていません。募集人ID・資格種類コード・合格番号を確かめてください。",
		"there is no qualification to withdraw; check agent ID, qualification code and certificate number")},
	{"result", doubtful(CodeQualificationReinstated,
		"取消済みの資格が、この行で再び有効な登録になります。取消の取りやめかどうか、確認してください。",
		"this row puts a withdrawn qualification back on file; make sure that this is intended")},
	{"posted_on", doubtful(CodePostedKept,
		"登載日は最初に登載された日のままとし、この行の登載日は採りませんでした。変更が必要な場合は訂正を申し出てください。",
		"the date of the first posting stands and this one was not taken; apply for a correction if it must change")},
	{"certificate_no", doubtful(CodeCertificateReused,
		"同じ合格番号が、別の募集人IDでも登録されています。番号の誤りや、募集人IDの重複取得がないか確かめてください。",
		"the same certificate number is on file under another agent ID; check the number, and whether the person holds two IDs")},
	{"closed_on", bad(CodeClosedBeforeOpened,
		"廃止年月日が、登録・届出の日より前になっています。登録事由発生年月日と廃止年月日を確かめてください。",
		"the closing date lies before the registration began; check both dates")},
	{"event", bad(CodeChangeWithoutRegistration,
		"変更の対象となる登録・届出がありません。代理店登録番号・募集人ID・役割と日付を確かめ、登録・届出の行を先に（または同じファイルで）送ってください。",
		"there is no registration to change; check agency, agent, role and date, and send the registration first or in the same file")},
	{"event", doubtful(CodeClosingWithoutOpening,
		"廃止の対象となる登録・届出がないため、開始日不明の登録として廃止を取り込みました。登録・届出の行も送ってください。",
		"there is no registration to close: the closing was kept with an unknown opening; send the registration as well")},
	{"closed_on", doubtful(CodeClosingMoved,
		"同じ登録に、日付の異なる廃止が届いています。登録事由発生年月日が後の廃止を採りました。廃止日を早める場合は、先に送った行と同じ登録事由発生年月日のまま、廃止年月日だけを直して送ってください。",
		"the registration was closed twice on different days and the later event decides; to move a closing to an earlier day send the same event date with another closing date")},
	{"event", doubtful(CodeOpenedWhileOpen,
		"同じ代理店・募集人・役割の登録が廃止されないまま、新しい登録・届出が届きました。前の登録が終わっている場合は、前の登録日以後・新しい登録日以前の日付で廃止を送ってください。",
		"a registration opens while an earlier one of the same agency, agent and role is still open; close the earlier one if it has ended")},
	{"lead_insurer", bad(CodeNotTheLeadInsurer,
		"この代理店について、送信元の会社が送れる行ではありません。行を送れるのは代理申請会社と非代理申請会社、廃止年月日を送れるのは代理申請会社だけです。代理申請会社の変更は、新しい代理申請会社が変更の行で送ってください。",
		"the sender may not send this row: only the agency's insurers send rows, only its lead insurer closes, and a change of lead insurer is sent by the new one")},
	{"lead_insurer", doubtful(CodeLeadInsurerChanged,
		"この行で代理申請会社が送信元の会社に変わります。変更が合意されたものかどうか、確認してください。",
		"this row makes the sender the agency's lead insurer; make sure that the change is agreed")},
}
