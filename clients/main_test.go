package clients_test

import (
	"fmt"
	"io"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childSocket is the variable under which the test binary is started once more, as a server in a process of its own, so that its
// memory is not counted as the client's.
const childSocket = "CLIENTS_TEST_SOCKET"

func TestMain(m *testing.M) {
	if path := os.Getenv(childSocket); path != "" {
		os.Exit(serveUntilEOF(path))
	}
	goleak.VerifyTestMain(m)
}

func serveUntilEOF(path string) int {
	f := &fake{}
	stop, err := f.serve("unix", path)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	stop()
	return 0
}
