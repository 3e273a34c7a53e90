package delivery

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
)

// Why an address is refused.
var (
	ErrAddress  = errors.New("no plain mail address")
	ErrFreeMail = errors.New("a free-mail domain (手引 3(1))")
	ErrDomain   = errors.New("a domain that is not in delivery.domains")
)

// CheckAddress lets company addresses pass only: a domain of the list, exactly or
// below it, and never one of free mail, even if it is in the list. The error
// does not show the address.
func CheckAddress(address string, domains, freeMail []string) error {
	a, err := mail.ParseAddress(address)
	if err != nil || a.Name != "" || a.Address != address || strings.ContainsAny(address, " \t\r\n\"") {
		return ErrAddress
	}
	_, domain, _ := strings.Cut(address, "@")
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if under(domain, freeMail) {
		return fmt.Errorf("%w: %s", ErrFreeMail, domain)
	}
	if !under(domain, domains) {
		return fmt.Errorf("%w: %s", ErrDomain, domain)
	}
	return nil
}

// under reports whether a domain is one of the list or lies below one.
func under(domain string, list []string) bool {
	return slices.ContainsFunc(list, func(d string) bool {
		d = strings.ToLower(strings.TrimSuffix(d, "."))
		return d != "" && (domain == d || strings.HasSuffix(domain, "."+d))
	})
}
