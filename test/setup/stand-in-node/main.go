// SPDX-License-Identifier: Apache-2.0

// What an API server asks of a node: commands, standard input and output of a container, its log, and its ports.
// There are no containers: commands run beside this program, and the ports are those of loopback.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

const (
	idleMax   = 4 * time.Hour
	createMax = 30 * time.Second
)

type node struct{}

func (node) ExecInContainer(ctx context.Context, _, _, _ string, arguments []string, in io.Reader,
	out, err io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration) error {
	command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	command.Stdout, command.Stderr = out, err
	if in != nil {
		// By a pipe of its own: the end of the command does not wait for that of the input.
		pipe, failed := command.StdinPipe()
		if failed != nil {
			return failed
		}
		go func() {
			_, _ = io.Copy(pipe, in)
			_ = pipe.Close()
		}()
	}
	failed := command.Run()
	if exited, ok := failed.(*exec.ExitError); ok {
		return &utilexec.ExitErrorWrapper{ExitError: exited}
	}
	return failed
}

// The container sends back what it gets, a line at a time, until `end` or the end of the input. It reads the rest.
func (node) AttachContainer(_ context.Context, name, _, container string, in io.Reader, out, _ io.WriteCloser,
	_ bool, _ <-chan remotecommand.TerminalSize) error {
	fmt.Fprintf(out, "attached to %s of %s\n", container, name)
	for lines := bufio.NewScanner(in); lines.Scan() && lines.Text() != "end"; {
		fmt.Fprintln(out, lines.Text())
	}
	// A connection that is closed before all input has been read is reset, and output on its way is lost.
	_, err := io.Copy(io.Discard, in)
	return err
}

func (node) PortForward(_ context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	defer connection.Close()
	go func() {
		_, _ = io.Copy(connection, stream)
		_ = connection.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(stream, connection)
	return err
}

// Three lines, and with `follow` one more a second.
func logs(w http.ResponseWriter, r *http.Request) {
	follows := r.FormValue("follow") == "true"
	for n := 1; n <= 3 || follows; n++ {
		if n > 3 {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(time.Second):
			}
		}
		fmt.Fprintf(w, "%s %d\n", r.PathValue("pod"), n)
		_ = http.NewResponseController(w).Flush()
	}
}

func main() {
	if os.Args[1] == "version" {
		about, _ := debug.ReadBuildInfo()
		for _, module := range about.Deps {
			if module.Path == "k8s.io/cri-streaming" {
				fmt.Println(module.Path, module.Version)
			}
		}
		return
	}
	handle := func(path string, serve func(http.ResponseWriter, *http.Request, *remotecommand.Options)) {
		http.HandleFunc(path+"/{namespace}/{pod}/{container}", func(w http.ResponseWriter, r *http.Request) {
			options, err := remotecommand.NewOptions(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			serve(w, r, options)
		})
	}
	handle("/exec", func(w http.ResponseWriter, r *http.Request, options *remotecommand.Options) {
		remotecommand.ServeExec(w, r, node{}, r.PathValue("pod"), "", r.PathValue("container"), r.Form["command"],
			options, idleMax, createMax, remotecommand.SupportedStreamingProtocols)
	})
	handle("/attach", func(w http.ResponseWriter, r *http.Request, options *remotecommand.Options) {
		remotecommand.ServeAttach(w, r, node{}, r.PathValue("pod"), "", r.PathValue("container"),
			options, idleMax, createMax, remotecommand.SupportedStreamingProtocols)
	})
	http.HandleFunc("/portForward/{namespace}/{pod}", func(w http.ResponseWriter, r *http.Request) {
		options, err := portforward.NewV4Options(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		portforward.ServePortForward(w, r, node{}, r.PathValue("pod"), "", options, idleMax, createMax,
			portforward.SupportedProtocols)
	})
	http.HandleFunc("/containerLogs/{namespace}/{pod}/{container}", logs)
	log.Fatal(http.ListenAndServeTLS("127.0.0.1:"+os.Args[1], os.Args[2], os.Args[3], nil))
}
