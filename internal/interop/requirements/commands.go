//go:build linux

package requirements

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// TritonAt are the ports of loopback that a Triton listens on.
type TritonAt struct{ HTTP, GRPC, Metrics string }

// Triton is the command of the real Triton of the environment triton, on the model repository models. Flags are added to the usual ones.
func (e Environment) Triton(ctx context.Context, models string, at TritonAt, flags ...string) (*exec.Cmd, error) {
	packages, err := e.Packages()
	if err != nil {
		return nil, err
	}
	home := filepath.Join(packages, "pytriton", "tritonserver")
	c := exec.CommandContext(ctx, filepath.Join(home, "bin", "tritonserver"), append([]string{
		"--backend-directory=" + filepath.Join(home, "backends"), "--model-repository=" + models,
		"--http-address=127.0.0.1", "--grpc-address=127.0.0.1", "--metrics-address=127.0.0.1",
		"--http-port=" + at.HTTP, "--grpc-port=" + at.GRPC, "--metrics-port=" + at.Metrics,
	}, flags...)...)
	// The stub finds its packages beside the first python3 of PATH.
	c.Env = append(os.Environ(), "PATH="+filepath.Join(e.Dir, "bin")+":"+os.Getenv("PATH"))
	return c, nil
}

// PerfAnalyzer is the command of the environment perf's perf_analyzer, which writes into folder.
func (e Environment) PerfAnalyzer(ctx context.Context, folder string, args ...string) (*exec.Cmd, error) {
	packages, err := e.Packages()
	if err != nil {
		return nil, err
	}
	debian, err := filepath.Glob(filepath.Join(e.Dir, "debian", "usr", "lib", "*"))
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, e.Program("perf_analyzer"), args...)
	c.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(debian, ":")+":"+filepath.Join(packages, "nvidia", "cuda_runtime", "lib"))
	c.Dir = folder
	return c, nil
}
