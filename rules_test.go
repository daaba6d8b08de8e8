package manifold_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ruleOfTest finds the rule in the name of a test: TestR07HealthBodies proves R07.
var ruleOfTest = regexp.MustCompile(`^(?:Test|Fuzz)([TPRSCG]\d{2})`)

// protocolRules are those that the gateway keeps: the traps T01 to T20 that servers and clients of the field fell into, and the rules
// of the wire (P), of REST (R), of statuses (S), of clients' habits (C) and of graphs (G).
func protocolRules() []string {
	rules := []string{"S01", "C01", "G01"}
	for kind, last := range map[string]int{"T": 20, "P": 13, "R": 16} {
		for i := 1; i <= last; i++ {
			rules = append(rules, fmt.Sprintf("%s%02d", kind, i))
		}
	}
	return rules
}

// closedBy is the rule that keeps the gateway out of a trap, where one says the same. A test of either proves both.
func closedBy(trap string) string {
	return map[string]string{
		"T01": "P09", "T03": "P10", "T04": "P02", "T06": "P04", "T07": "P05", "T08": "P06", "T09": "R01", "T10": "R02", "T11": "R03",
		"T12": "R07", "T13": "R07", "T14": "P08", "T15": "C01", "T16": "R04", "T17": "P12", "T18": "P11", "T19": "P07",
	}[trap]
}

func TestEveryRuleOfTheProtocolHasATest(t *testing.T) {
	t.Parallel()
	proved := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				if rule := ruleOfTest.FindStringSubmatch(f.Name.Name); rule != nil {
					proved[rule[1]] = append(proved[rule[1]], path+" "+f.Name.Name)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, trap := range protocolRules() {
		if rule := closedBy(trap); rule != "" {
			both := slices.Concat(proved[trap], proved[rule])
			proved[trap], proved[rule] = both, both
		}
	}
	for _, rule := range protocolRules() {
		if len(proved[rule]) == 0 {
			t.Errorf("no test is named after rule %s", rule)
		}
	}
}
