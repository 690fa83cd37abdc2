// SPDX-License-Identifier: Apache-2.0

// A TCP echo server on the listener that Enarx.toml opens at descriptor 3: a
// goroutine for each connection.
package main

import (
	"io"
	"log"
	"net"
	"os"
)

const listener = 3

func echo(c net.Conn) {
	defer c.Close()
	io.Copy(c, c)
}

func main() {
	l, err := net.FileListener(os.NewFile(listener, "listener"))
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
