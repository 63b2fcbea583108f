// SPDX-License-Identifier: Apache-2.0

// What programs in Go take the path of a request for: test/e2e/rig/readers.py asks.
package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"strings"
	"testing/fstest"
)

func parsedAgain(decoded string) string {
	parsed, err := url.Parse(decoded)
	if err != nil {
		return ""
	}
	return path.Clean("/" + parsed.Path)
}

func decodedAgain(decoded string) string {
	twice, err := url.PathUnescape(decoded)
	if err != nil {
		return ""
	}
	return path.Clean("/" + twice)
}

// The name of what a handler serves, nothing for a redirect or an error.
func served(handler http.Handler, request *http.Request) string {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusOK {
		return ""
	}
	return strings.TrimSpace(recorder.Body.String())
}

func named(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(name)) }
}

func main() {
	mux := http.NewServeMux()
	files := fstest.MapFS{}
	for _, name := range []string{"/", "/admin", "/admin/", "/public/"} {
		mux.HandleFunc(name, named(name))
		files[strings.TrimPrefix(path.Join(name, "index.html"), "/")] = &fstest.MapFile{Data: []byte(name)}
	}
	files["admin/x"] = &fstest.MapFile{Data: []byte("/admin/x")}
	fileServer := http.FileServer(http.FS(files))
	answer := func(w http.ResponseWriter, r *http.Request) {
		beforeNul, _, _ := strings.Cut(r.URL.Path, "\x00")
		body, _ := json.Marshal(map[string]string{
			"decoded":        r.URL.Path,
			"cleaned":        path.Clean(r.URL.Path),
			"decoded again":  decodedAgain(r.URL.Path),
			"parsed again":   parsedAgain(r.URL.Path),
			"valid UTF-8":    path.Clean(strings.ToValidUTF8(r.URL.Path, "")),
			"before the NUL": path.Clean(beforeNul),
			"mux":            served(mux, r),
			"files":          served(fileServer, r),
		})
		_, _ = w.Write(body)
	}
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], http.HandlerFunc(answer)))
}
