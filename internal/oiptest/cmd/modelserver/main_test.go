package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestServesWhereItSays(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	log, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"--http-port", "0", "--grpc-port", "0", "--models", "simple,two"}, writer)
		_ = writer.Close()
	}()
	address := regexp.MustCompile(`rest=(\S+) grpc=\S+:\d+`)
	lines, found := bufio.NewScanner(log), ""
	for found == "" && lines.Scan() {
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			found = m[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, log) }()
	resp, err := http.Get("http://" + found + "/v2/models/two/versions/1")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if _ = resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `"VERSION"`) {
		t.Errorf("%d %s, %v", resp.StatusCode, body, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestPrintsARepository(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := run(t.Context(), []string{"--print-configs", dir}, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "simple", "config.pbtxt")); err != nil {
		t.Error(err)
	}
}

func TestFlagsAreChecked(t *testing.T) {
	t.Parallel()
	var help strings.Builder
	if err := run(t.Context(), []string{"--help"}, &help); !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "grpc-port") {
		t.Errorf("%v: %s", err, help.String())
	}
	if err := run(t.Context(), []string{"--models", "none"}, io.Discard); err == nil {
		t.Error("a model that there is not is served")
	}
}
