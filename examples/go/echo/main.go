// SPDX-License-Identifier: Apache-2.0

// A TCP echo server on the listener that Enarx.toml opens at descriptor 3: a
// goroutine for each connection.
package main

import (
	"io"
	"log"
	"net"
	"os"
	"syscall"
)

const listener = 3

func echo(c net.Conn) {
	defer c.Close()
	io.Copy(c, c)
}

// Non-blocking, or a wait for one connection would stop every goroutine.
func listen() (net.Listener, error) {
	if err := syscall.SetNonblock(listener, true); err != nil {
		return nil, err
	}
	return net.FileListener(os.NewFile(listener, "listener"))
}

func main() {
	l, err := listen()
	if err != nil {
		log.Fatal("no listener: is Enarx.toml given? ", err)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go echo(c)
	}
}
