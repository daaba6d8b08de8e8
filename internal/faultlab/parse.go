package faultlab

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Read reads every scenario of a folder, in the order of their files' names. Fields that a scenario does not have are faults, and each
// fault says where it is.
func Read(folder fs.FS) ([]Scenario, error) {
	files, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, err
	}
	var all []Scenario
	var faults []error
	for _, file := range files {
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			return nil, err
		}
		s, err := Parse(file, text)
		faults = append(faults, err)
		all = append(all, s)
	}
	return all, errors.Join(faults...)
}

// Parse reads a scenario, which is named for its file.
func Parse(file string, text []byte) (Scenario, error) {
	var s Scenario
	decoder := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict(), yaml.UseJSONUnmarshaler())
	if err := decoder.Decode(&s); err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	s.Name = strings.TrimSuffix(path.Base(file), ".yaml")
	var faults []error
	for _, fault := range s.faulty() {
		faults = append(faults, fmt.Errorf("%s: %w", file, fault))
	}
	return s, errors.Join(faults...)
}

// faulty is what is wrong with a scenario, each with its place.
func (s Scenario) faulty() []error {
	var faults []error
	add := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if s.About == "" {
		add("about: is missing: say in a sentence what happens")
	}
	if len(s.Servers) == 0 {
		add("servers: there are none")
	}
	names := map[string]bool{}
	for i, server := range s.Servers {
		if names[server.Name] || server.Name == "" || server.Name == gatewayName || strings.Contains(server.Name, "/") {
			add("servers[%d].name: %q is taken, or no name", i, server.Name)
		}
		names[server.Name] = true
		if server.Backends < 1 {
			add("servers[%d].backends: %d are none", i, server.Backends)
		}
	}
	faults = append(faults, s.traffic("", s.Load)...)
	faults = append(faults, s.timeline("", s.Faults)...)
	if s.Quick != nil {
		faults = append(faults, s.traffic("quick.", s.Quick.Load)...)
		faults = append(faults, s.timeline("quick.", s.Quick.Faults)...)
	}
	for _, name := range s.Expect.Untouched {
		if _, err := s.backends([]string{strings.TrimSuffix(name, replaced)}); err != nil {
			add("expect.untouched: %w", err)
		}
	}
	if s.Expect.DialsPerSecond > 0 && !slices.ContainsFunc(s.Servers, func(server Server) bool { return server.Toxic }) {
		add("expect.dialsPerSecond: no server has toxic: true, and nobody else counts connects")
	}
	return faults
}

func (s Scenario) traffic(at string, load []Traffic) []error {
	var faults []error
	if len(load) == 0 {
		faults = append(faults, fmt.Errorf("%sload: there is none", at))
	}
	for i, t := range load {
		add := func(field, format string, args ...any) {
			faults = append(faults, fmt.Errorf("%sload[%d].%s: %s", at, i, field, fmt.Sprintf(format, args...)))
		}
		if t.Model == "" {
			add("model", "is missing")
		}
		if t.Protocol != "" && t.Protocol != "grpc" && t.Protocol != "rest" {
			add("protocol", "%q is neither grpc nor rest", t.Protocol)
		}
		if t.Rate <= 0 || t.Calls <= 0 || t.Deadline <= 0 {
			add("rate", "rate, calls and deadline must be more than 0")
		}
	}
	return faults
}

func (s Scenario) timeline(at string, timeline []Fault) []error {
	var faults []error
	last := time.Duration(-1)
	for i, f := range timeline {
		add := func(field string, err error) {
			if err != nil {
				faults = append(faults, fmt.Errorf("%sfaults[%d].%s: %w", at, i, field, err))
			}
		}
		if time.Duration(f.At) < last {
			add("at", fmt.Errorf("%v is before the fault before it, at %v", f.At, last))
		}
		last = time.Duration(f.At)
		add("to", s.reachable(f))
		add("do", s.doable(f))
		if f.Times > 1 && f.Every <= 0 {
			add("every", errors.New("is missing, but times says that it happens again"))
		}
	}
	return faults
}

// reachable tells whether what f is done to is there.
func (s Scenario) reachable(f Fault) error {
	if slices.Equal(f.To, []string{gatewayName}) {
		if f.Do != Stop && f.Do != Continue {
			return fmt.Errorf("the gateway can be stopped and continued, not %q", f.Do)
		}
		return nil
	}
	if len(f.To) == 0 && f.Do != Targets {
		return errors.New("is missing: name backends such as pool/0, servers such as pool, or gateway")
	}
	_, err := s.backends(f.To)
	return err
}

// doable tells whether f's action is one, and has what it takes.
func (s Scenario) doable(f Fault) error {
	switch f.Do {
	case Stop, Continue, Kill, Restart, Launch, Replace, GoAway, Forget:
		return nil
	case Order:
		if f.With == nil {
			return errors.New("order needs with: how the backends behave, {} if well")
		}
		return f.With.Validate()
	case Poison, Reset:
		return s.each(f.To, func(server Server) bool { return server.Toxic }, "toxic: true")
	case Targets:
		return s.each(f.To, func(server Server) bool { return server.File }, "file: true")
	}
	return fmt.Errorf("%q is no action: stop, continue, kill, start, restart, replace, order, goaway, forget, toxic, reset, targets", f.Do)
}

func (s Scenario) each(to []string, is func(Server) bool, what string) error {
	for _, server := range s.Servers {
		for _, name := range to {
			if (name == server.Name || strings.HasPrefix(name, server.Name+"/")) && !is(server) {
				return fmt.Errorf("the server %s needs %s", server.Name, what)
			}
		}
	}
	return nil
}

// gatewayName is what the gateway is in To.
const gatewayName = "gateway"

// replaced is what a backend's name ends with when another one has its place; see [Replace].
const replaced = "'"

// backends are those that names stand for: pool/0, or pool for all of them.
func (s Scenario) backends(names []string) ([]string, error) {
	var all []string
	for _, name := range names {
		serverName, number, single := strings.Cut(name, "/")
		i := slices.IndexFunc(s.Servers, func(server Server) bool { return server.Name == serverName })
		if i < 0 {
			return nil, fmt.Errorf("there is no server %q", serverName)
		}
		n := s.Servers[i].Backends
		if !single {
			for k := range n {
				all = append(all, backendName(serverName, k))
			}
			continue
		}
		k, err := strconv.Atoi(number)
		if err != nil || k < 0 || k >= n {
			return nil, fmt.Errorf("%q is none of the backends %s/0 to %s/%d", name, serverName, serverName, n-1)
		}
		all = append(all, backendName(serverName, k))
	}
	return all, nil
}

func backendName(server string, k int) string { return server + "/" + strconv.Itoa(k) }
