package triton

import (
	"os"
	"testing"
)

func TestX(t *testing.T) {
	if err := Write(os.Getenv("REPO")); err != nil {
		t.Fatal(err)
	}
}
