package storetest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Proxy stands between a client and a MySQL server that talk without TLS, and
// breaks one connection on the way. It counts what clients send.
type Proxy struct {
	// Commit is the COMMIT, from 1, that the server gets and whose answer is
	// dropped together with the connection.
	Commit int
	// Unsent is the COMMIT, from 1, that is dropped with the connection before
	// the server gets it.
	Unsent int
	// Packet is the packet of a client, from 1, of which the server gets only
	// the first half, and then nothing more.
	Packet int

	listener net.Listener
	server   string

	mu               sync.Mutex
	commits, packets int
	hit              bool
}

// Listen begins to pass connections on to the server at address, host:port, and
// returns the address to use instead.
func (p *Proxy) Listen(server string) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen for the proxy: %w", err)
	}
	p.listener, p.server = l, server
	go p.accept()
	return l.Addr().String(), nil
}

// Close ends the proxy; connections that are open go on.
func (p *Proxy) Close() error { return p.listener.Close() }

// Seen is how many COMMITs and packets clients have sent, and whether one of
// them was broken.
func (p *Proxy) Seen() (commits, packets int, hit bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.commits, p.packets, p.hit
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		l := &link{proxy: p, client: client, server: server}
		go l.up()
		go l.down()
	}
}

// link is one connection through the proxy.
type link struct {
	proxy          *Proxy
	client, server net.Conn

	mu   sync.Mutex
	deaf bool // the server's answer is not passed on any more
}

// errBroken ends a link that was broken on purpose.
var errBroken = errors.New("broken on purpose")

// up passes the client's packets on, each whole: three bytes of length, one of
// sequence, the payload.
func (l *link) up() {
	defer l.client.Close()
	for {
		packet, err := readPacket(l.client)
		if err == nil {
			err = l.pass(packet)
		}
		if errors.Is(err, errBroken) && l.isDeaf() {
			return // down waits for the answer and closes the server's side
		}
		if err != nil {
			l.server.Close()
			return
		}
	}
}

func readPacket(r io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(append(head[:3:3], 0))
	packet := make([]byte, 4+size)
	copy(packet, head)
	_, err := io.ReadFull(r, packet[4:])
	return packet, err
}

func (l *link) pass(packet []byte) error {
	const comQuery = 3
	isCommit := string(packet[4:]) == string(rune(comQuery))+"COMMIT"
	switch l.proxy.due(isCommit) {
	case "answer":
		l.mu.Lock()
		l.deaf = true
		l.mu.Unlock()
		_, err := l.server.Write(packet)
		return errors.Join(err, errBroken)
	case "commit":
		return errBroken
	case "packet":
		_, err := l.server.Write(packet[:len(packet)/2])
		return errors.Join(err, errBroken)
	}
	_, err := l.server.Write(packet)
	return err
}

// due counts a packet and says what is to break with it.
func (p *Proxy) due(isCommit bool) (broken string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.packets++
	if isCommit {
		p.commits++
	}
	switch {
	case isCommit && p.commits == p.Commit:
		broken = "answer"
	case isCommit && p.commits == p.Unsent:
		broken = "commit"
	case p.packets == p.Packet:
		broken = "packet"
	}
	p.hit = p.hit || broken != ""
	return broken
}

func (l *link) isDeaf() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.deaf
}

// down passes the server's bytes on. Once nobody is to hear them, the first of
// them says that the server has done what it was asked.
func (l *link) down() {
	defer l.server.Close()
	defer l.client.Close()
	buf := make([]byte, 1<<16)
	for {
		n, err := l.server.Read(buf)
		if l.isDeaf() {
			return
		}
		if n > 0 {
			if _, err := l.client.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
