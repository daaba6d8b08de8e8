package backend

import (
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/internal/units"
)

// Behaviour is how a server treats calls; its zero value is that of a healthy one. It can be written as YAML or JSON. Shares are from 0
// to 1, and of the calls for inference; a call draws its lot once: it fails, or hangs, or is answered with what else is ordered.
type Behaviour struct {
	// Only are the models that Fail, Hang, Service, Cut, Drip, Answer, Lie and Pushback concern; empty means all.
	Only []string `json:"only,omitempty"`

	// Service replaces Options.Service, unless it is zero.
	Service Delay `json:"service,omitzero"`
	// Fail answers with an error before a worker is asked for.
	Fail Fail `json:"fail,omitzero"`
	// Hang is the share that is never answered: such a call takes no worker, and ends when it is cancelled.
	Hang float64 `json:"hang,omitempty"`
	// Drip slows the answer's bytes down.
	Drip Drip `json:"drip,omitzero"`
	// Cut ends answers in their middle.
	Cut Cut `json:"cut,omitzero"`
	// Answer makes answers big.
	Answer Bulk `json:"answer,omitzero"`
	// Lie makes answers wrong.
	Lie Lie `json:"lie,omitzero"`

	// NotReady are models that are not ready, "*" all of them and the server too. They answer inference nevertheless.
	NotReady []string `json:"notReady,omitempty"`
	// Dead answers no question about health: such calls hang.
	Dead bool `json:"dead,omitempty"`
	// Identity is what the server says of itself.
	Identity Identity `json:"identity,omitzero"`

	// MaxStreams is announced as MAX_CONCURRENT_STREAMS on all connections, those that are open too. 0 means no limit.
	MaxStreams uint32 `json:"maxStreams,omitempty"`
	// GoAwayEvery ends each connection gracefully when it is that old (as grpc's MaxConnectionAge does).
	GoAwayEvery units.Duration `json:"goAwayEvery,omitempty"`
	// Flood sends frames on all connections of HTTP/2.
	Flood Flood `json:"flood,omitzero"`
}

// Fail is an error as answer.
type Fail struct {
	Share float64 `json:"share,omitempty"`
	// Code is the code's name, UNAVAILABLE when empty. REST answers the status that Triton and grpc-gateway have for it.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// After is how long it takes; 0 is at once, some 100 µs.
	After units.Duration `json:"after,omitempty"`
	// Pushback is the metadatum grpc-retry-pushback-ms, a number or junk, and in REST a Retry-After of as many seconds.
	Pushback string `json:"pushback,omitempty"`
}

// StatusCode is Code as gRPC has it. The error says that there is none of that name.
func (f Fail) StatusCode() (codes.Code, error) {
	code := codes.Unavailable
	if f.Code == "" {
		return code, nil
	}
	if err := code.UnmarshalJSON([]byte(`"` + f.Code + `"`)); err != nil {
		return 0, fmt.Errorf("fail.code: %q is no code of gRPC; write it as UNAVAILABLE", f.Code)
	}
	return code, nil
}

// Drip writes an answer slowly.
type Drip struct {
	Share          float64 `json:"share,omitempty"`
	BytesPerSecond int     `json:"bytesPerSecond,omitempty"`
}

// Cut writes half of an answer, and then resets its stream, or with Connection its whole connection.
type Cut struct {
	Share      float64 `json:"share,omitempty"`
	Connection bool    `json:"connection,omitempty"`
}

// Bulk is how much more is answered than was asked for, in all answers.
type Bulk struct {
	// Bytes is the size of one more output, padding.
	Bytes int `json:"bytes,omitempty"`
	// Endless announces a message of 1 GiB and sends bytes until the call is cancelled; with REST, without announcing a size.
	Endless bool `json:"endless,omitempty"`
	// TrailerBytes is how much metadata comes after the answer (before it in REST), in values of 8 KiB.
	TrailerBytes int `json:"trailerBytes,omitempty"`
}

// Lie is an answer that is not true.
type Lie struct {
	Share float64 `json:"share,omitempty"`
	Kind  string  `json:"kind,omitempty"`
}

// The kinds of lies. Of gRPC alone are LieUTF8 and LieGarbage; REST has them as broken JSON.
const (
	LieShape     = "shape"     // the payload's shape says one element more than there are bytes
	LieMissing   = "missing"   // the last output is not there
	LieDuplicate = "duplicate" // the first output is there twice
	LieID        = "id"        // the id is another call's
	LieSum       = "sum"       // the sum is wrong
	LieModel     = "model"     // the model has another name
	LieUTF8      = "utf8"      // the id is not UTF-8
	LieGarbage   = "garbage"   // the message is no protobuf
	LieEmpty     = "empty"     // status OK, and no message
	LieTwice     = "twice"     // two messages to a unary call
	LieHTML      = "html"      // status 200 and a page of text/html, as of a proxy before the server
)

func lies() []string {
	return []string{
		LieShape, LieMissing, LieDuplicate, LieID, LieSum, LieModel, LieUTF8, LieGarbage, LieEmpty, LieTwice, LieHTML,
	}
}

// Identity is what a server says of itself and of its models; empty fields are the truth.
type Identity struct {
	Server  string `json:"server,omitempty"`
	Version string `json:"version,omitempty"`
	// Models replaces the models that it knows: calls for others are NOT_FOUND.
	Models []string `json:"models,omitempty"`
	// Input is the name of the models' input in their metadata, and DataType its datatype.
	Input    string `json:"input,omitempty"`
	DataType string `json:"dataType,omitempty"`
}

// IsZero tells whether nothing was said.
func (i Identity) IsZero() bool {
	return i.Server == "" && i.Version == "" && i.Models == nil && i.Input == "" && i.DataType == ""
}

// Flood is frames that nobody asked for.
type Flood struct {
	Kind string `json:"kind,omitempty"`
	// PerSecond is how many on each connection; 0 means 1000.
	PerSecond int `json:"perSecond,omitempty"`
}

// The kinds of floods.
const (
	FloodPing       = "ping"       // PING
	FloodSettings   = "settings"   // SETTINGS, empty
	FloodBadSize    = "badSize"    // SETTINGS with a MAX_FRAME_SIZE that is forbidden, 1
	FloodZeroWindow = "zeroWindow" // once: SETTINGS with an initial window of 0, so that no body can be sent
	FloodUnknown    = "unknown"    // frames of the type 0xfa, which is nobody's
)

func floods() []string {
	return []string{FloodPing, FloodSettings, FloodBadSize, FloodZeroWindow, FloodUnknown}
}

// Validate is what is wrong with b, nil if nothing.
func (b Behaviour) Validate() error {
	for name, share := range map[string]float64{
		"fail.share": b.Fail.Share, "hang": b.Hang, "drip.share": b.Drip.Share, "cut.share": b.Cut.Share, "lie.share": b.Lie.Share,
		"service.slowShare": b.Service.SlowShare,
	} {
		if !(share >= 0 && share <= 1) {
			return fmt.Errorf("%s: %v is not from 0 to 1", name, share)
		}
	}
	if b.Lie.Share > 0 && !slices.Contains(lies(), b.Lie.Kind) {
		return fmt.Errorf("lie.kind: %q is none of %q", b.Lie.Kind, lies())
	}
	if b.Flood.Kind != "" && !slices.Contains(floods(), b.Flood.Kind) {
		return fmt.Errorf("flood.kind: %q is none of %q", b.Flood.Kind, floods())
	}
	_, err := b.Fail.StatusCode()
	return err
}
