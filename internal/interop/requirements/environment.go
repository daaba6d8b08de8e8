//go:build linux

package requirements

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

//go:embed *.txt
var lists embed.FS

// recipe changes when environments must be made anew although their requirements are the same.
const recipe = "1"

// Environment is a folder with a Python environment, made from Name.txt.
type Environment struct {
	Name string
	Dir  string
	text []byte            // the requirements
	pins map[string]string // version by package
}

// Python is the environment's interpreter.
func (e Environment) Python() string { return e.Program("python") }

// Program is the path of a program that a package of the environment brought.
func (e Environment) Program(name string) string { return filepath.Join(e.Dir, "bin", name) }

// Packages is where the environment's packages lie.
func (e Environment) Packages() (string, error) {
	found, err := filepath.Glob(filepath.Join(e.Dir, "lib", "python3.*", "site-packages"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("%s: want one folder of packages, got %d", e.Dir, len(found))
	}
	return found[0], nil
}

// Version is the pinned version of a package, empty if it is not required.
func (e Environment) Version(pkg string) string { return e.pins[pkg] }

// Names are those of all environments.
func Names() ([]string, error) {
	files, err := fs.Glob(lists, "*.txt")
	for i, file := range files {
		files[i] = strings.TrimSuffix(file, ".txt")
	}
	return files, err
}

// Find reads name.txt and tells where its environment lies under the folder cache; python is what [Python] says.
func Find(cache, name, python string) (Environment, error) {
	text, err := lists.ReadFile(name + ".txt")
	if err != nil {
		return Environment{}, err
	}
	e := Environment{Name: name, text: text, pins: map[string]string{}}
	for line := range strings.Lines(string(text)) {
		if pkg, version, pinned := strings.Cut(strings.TrimSpace(line), "=="); pinned && !strings.HasPrefix(pkg, "#") {
			e.pins[pkg] = version
		}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", recipe, python, text))
	e.Dir = filepath.Join(cache, name+"-"+hex.EncodeToString(sum[:6]))
	return e, nil
}

// Complete tells whether the environment is there.
func (e Environment) Complete() bool {
	_, err := os.Stat(e.stamp())
	return err == nil
}

func (e Environment) stamp() string { return filepath.Join(e.Dir, "complete") }

// Make builds the environment unless it is complete. Several processes may ask for the same one.
func (e Environment) Make(ctx context.Context, say func(format string, args ...any)) error {
	if err := os.MkdirAll(filepath.Dir(e.Dir), 0o755); err != nil {
		return err
	}
	lock, err := os.OpenFile(e.Dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	if e.Complete() {
		return nil
	}
	say("making the Python environment %s (%d packages) in %s", e.Name, len(e.pins), e.Dir)
	if err := os.RemoveAll(e.Dir); err != nil {
		return err
	}
	if err := e.install(ctx); err != nil {
		return fmt.Errorf("environment %s: %w", e.Name, err)
	}
	say("the Python environment %s is complete", e.Name)
	return os.WriteFile(e.stamp(), nil, 0o600)
}

func (e Environment) install(ctx context.Context) error {
	if err := command(ctx, "python3", "-m", "venv", "--without-pip", e.Dir); err != nil {
		return err
	}
	pins := filepath.Join(e.Dir, "requirements.txt")
	if err := os.WriteFile(pins, e.text, 0o600); err != nil {
		return err
	}
	err := command(ctx, "python3", "-m", "pip", "--disable-pip-version-check", "--python", e.Python(), "install", "--quiet",
		"--no-deps", "--no-compile", "--only-binary", ":all:", "--root-user-action", "ignore", "--requirement", pins)
	if err != nil {
		return err
	}
	switch e.Name {
	case "triton":
		return e.placeStub(ctx)
	case "perf":
		return e.addDebian(ctx, "libb64-0d")
	}
	return nil
}

// placeStub puts the Python backend's stub for this version of Python where Triton looks for it.
func (e Environment) placeStub(ctx context.Context) error {
	version, err := output(ctx, e.Python(), "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
	if err != nil {
		return err
	}
	packages, err := e.Packages()
	if err != nil {
		return err
	}
	const stub = "triton_python_backend_stub"
	triton := filepath.Join(packages, "pytriton", "tritonserver")
	program, err := os.ReadFile(filepath.Join(triton, "python_backend_stubs", version, stub))
	if err != nil {
		return fmt.Errorf("pytriton has no stub for Python %s: %w", version, err)
	}
	return os.WriteFile(filepath.Join(triton, "backends", "python", stub), program, 0o755)
}

// addDebian unpacks a Debian package into the environment, without installing it.
func (e Environment) addDebian(ctx context.Context, name string) error {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("perf_analyzer needs libb64.so.0d of Debian's package %s, and there is no apt-get to fetch it with: "+
			"run this on Debian or Ubuntu", name)
	}
	folder := filepath.Join(e.Dir, "debian")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	download := func() error {
		c := exec.CommandContext(ctx, "apt-get", "download", name)
		c.Dir = folder
		said, err := c.CombinedOutput()
		if err != nil {
			return fmt.Errorf("apt-get download %s: %w: %s", name, err, Tail(said))
		}
		return nil
	}
	if err := download(); err != nil { // a fresh image has no lists of packages
		if unlisted := command(ctx, "apt-get", "update", "-qq"); unlisted != nil {
			return errors.Join(err, unlisted)
		}
		if err := download(); err != nil {
			return err
		}
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.deb"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("apt-get download %s: want one package, got %d", name, len(found))
	}
	return command(ctx, "dpkg", "-x", found[0], folder)
}

// Python tells what environments depend on, and what is missing to make any.
func Python(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("python3"); err != nil {
		return "", errors.New("there is no python3: install Python 3.11 or 3.12 (Debian: apt-get install python3 python3-venv python3-pip)")
	}
	version, err := output(ctx, "python3", "-c", "import sys, platform; print(sys.executable, sys.version.split()[0], platform.machine())")
	if err != nil {
		return "", err
	}
	if err := command(ctx, "python3", "-m", "pip", "--version"); err != nil {
		return "", fmt.Errorf("python3 has no pip (Debian: apt-get install python3-pip): %w", err)
	}
	return version, nil
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	var complaints bytes.Buffer
	c := exec.CommandContext(ctx, name, args...)
	c.Stderr = &complaints
	said, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(args, " "), err, Tail(complaints.Bytes()))
	}
	return strings.TrimSpace(string(said)), nil
}

func command(ctx context.Context, name string, args ...string) error {
	_, err := output(ctx, name, args...)
	return err
}

// Tail is the last lines of what a program wrote.
func Tail(said []byte) string {
	const most = 40
	var lines []string
	for scan := bufio.NewScanner(bytes.NewReader(said)); scan.Scan(); {
		lines = append(lines, scan.Text())
	}
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}
