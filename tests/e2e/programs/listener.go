// SPDX-License-Identifier: Apache-2.0

// Answers one connection on the listener at descriptor 3 with the contents of a
// file in a preopened directory.
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	listener, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		return err
	}
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	text, err := os.ReadFile("/data/greeting")
	if err != nil {
		return err
	}
	_, err = conn.Write(text)
	return err
}
