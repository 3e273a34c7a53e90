package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"meibo/jobs"
	"meibo/pipeline"
	"meibo/pipeline/run"
)

// causeInJapanese is the cause of a failure in the words of who typed the command;
// found is false for a cause that is told as logs have it.
func causeInJapanese(err error) (text string, found bool) {
	var faults pipeline.SettingFaults
	var backward *run.BackwardError
	switch {
	case errors.As(err, &faults):
		return faults.Japanese(), true
	case restored(err) != nil:
		return "", true // the message has said it
	case errors.As(err, &backward):
		return fmt.Sprintf("%[1]s の処理が済んでいます（指定: %[2]s）。%[1]s 以後の日付を指定してください。", backward.Newest, backward.Asked), true
	case errors.Is(err, jobs.ErrNoSuchAgent):
		_, ids, _ := strings.Cut(err.Error(), jobs.ErrNoSuchAgent.Error()+": ")
		return strings.Replace(ids, " or ", "、", 1), true
	}
	return misuseInJapanese(err)
}

// misuseInJapanese finds the words for what is wrong with a command, its flags or
// arguments.
func misuseInJapanese(err error) (text string, found bool) {
	var unknown *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &unknown):
		return flagWord(unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()) + " というオプションはありません。", true
	case errors.As(err, &empty):
		return flagWord(empty.GetSpecifiedName(), empty.GetSpecifiedShortnames()) + " の値を指定してください。", true
	case errors.As(err, &invalid):
		return fmt.Sprintf("--%s に「%s」は指定できません。", invalid.GetFlag().Name, invalid.GetValue()), true
	case errors.As(err, &syntax):
		return fmt.Sprintf("「%s」はオプションの書き方ではありません。", syntax.GetSpecifiedFlag()), true
	}
	if m := unknownCommand.FindStringSubmatch(err.Error()); m != nil {
		text := fmt.Sprintf("%s に「%s」は指定できません。", m[2], m[1])
		if like := strings.Fields(m[3]); len(like) > 0 {
			text += "もしかして: " + strings.Join(like, "、")
		}
		return text, true
	}
	if m := tooMany.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Sprintf("指定できるのは %s 個までです（指定: %s 個）。", m[1], m[2]), true
	}
	return "", false
}

// What the command library says of arguments, for which it has no types: the word, the
// command and what it may have been; how many may be given and how many were.
var (
	unknownCommand = regexp.MustCompile(`^unknown command "(.*)" for "([^"]*)"(?:\s+Did you mean this\?\s+([\s\S]*))?$`)
	tooMany        = regexp.MustCompile(`^accepts at most (\d+) arg\(s\), received (\d+)$`)
)

// flagWord is a flag as it was typed; of short ones all that stood together.
func flagWord(name, short string) string {
	if short != "" {
		return "-" + short
	}
	return "--" + name
}
