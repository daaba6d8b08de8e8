package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// options of a run.
type options struct {
	rounds  int
	gateway string // the binary
	twin    string // the one to compare it with
	only    *regexp.Regexp
	report  string // file; empty: none
	plots   string // folder
	interop string // folder of the environments of the real Triton and of perf_analyzer
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "role" {
		return play(ctx, args[1:])
	}
	o, err := parse(args)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	folder, err := os.MkdirTemp("", "compare")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	rows, err := measure(ctx, o, folder, out)
	if err != nil {
		return err
	}
	tables, err := measureSections(ctx, o, folder, out)
	if err != nil {
		return err
	}
	return report(o, rows, tables, out)
}

func parse(args []string) (options, error) {
	var o options
	var only string
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 5, "turns of each target in each cell")
	flags.StringVar(&o.gateway, "gateway", "bin/manifold", "the gateway's binary; make build makes it")
	flags.StringVar(&o.twin, "twin", "", "another build of the gateway, as the twin; without it, the twin is the same")
	flags.StringVar(&only, "only", "", "measure the cells whose name matches this regular expression")
	flags.StringVar(&o.report, "report", "", "write the results into this Markdown file, between its markers")
	flags.StringVar(&o.plots, "plots", "", "write the plots into this folder")
	flags.StringVar(&o.interop, "interop", cmp.Or(os.Getenv("MANIFOLD_INTEROP"), os.ExpandEnv("$HOME/.cache/manifold/interop")),
		"the folder where `make interop` has put the real Triton and perf_analyzer; without them their sections are left out")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.rounds < 1 {
		return o, fmt.Errorf("-rounds %d: measure at least one", o.rounds)
	}
	o.twin = cmp.Or(o.twin, o.gateway)
	var err error
	o.only, err = regexp.Compile(only)
	return o, err
}
