// SPDX-License-Identifier: Apache-2.0

// An HTTP server with the standard library's net/http, on the listener that
// Enarx.toml opens at descriptor 3. It keeps notes in memory: PUT /notes/NAME
// stores one, GET gives it back, GET /notes lists the names as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sort"
	"strings"
	"sync"
	"syscall"
)

const (
	listener = 3
	sizeMax  = 1 << 20
	countMax = 1000
)

type notes struct {
	sync.Mutex
	text map[string][]byte
}

func (n *notes) names() []string {
	n.Lock()
	defer n.Unlock()
	names := make([]string, 0, len(n.text))
	for name := range n.text {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func (n *notes) get(name string) ([]byte, bool) {
	n.Lock()
	defer n.Unlock()
	text, found := n.text[name]
	return text, found
}

func (n *notes) put(name string, text []byte) bool {
	n.Lock()
	defer n.Unlock()
	if _, found := n.text[name]; !found && len(n.text) >= countMax {
		return false
	}
	n.text[name] = text
	return true
}

func (n *notes) store(w http.ResponseWriter, r *http.Request, name string) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, sizeMax))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	if !n.put(name, text) {
		http.Error(w, "no room", http.StatusInsufficientStorage)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

func (n *notes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/notes/")
	switch r.Method {
	case http.MethodPut:
		n.store(w, r, name)
	case http.MethodGet:
		text, found := n.get(name)
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Write(text)
	default:
		http.Error(w, "GET or PUT", http.StatusMethodNotAllowed)
	}
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
	n := &notes{text: map[string][]byte{}}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "Hello, Enarx!")
	})
	http.HandleFunc("/notes", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(n.names())
	})
	http.Handle("/notes/", n)
	log.Fatal(http.Serve(l, nil))
}
