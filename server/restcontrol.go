package server

import (
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/proto"
)

// controlCall is a call whose JSON has another shape than its messages. Like the generated handlers it goes through the
// in-process connection, and so through the interceptors.
type controlCall struct {
	rpc     string
	request func(path map[string]string, body object) (proto.Message, error)
	reply   proto.Message                    // its type; each call gets a new one
	answer  func(reply proto.Message) []byte // nil: 200 with an empty body
	bodied  bool                             // an empty body is not the same as an empty object
}

// control makes the handler of a call.
func (e *rest) control(c controlCall) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		reply := c.reply.ProtoReflect().New().Interface()
		err := e.conn.call(r.Context(), fullMethod(c.rpc), func(into any) error {
			body, err := e.object(w, r, c.bodied)
			if err != nil {
				return err
			}
			req, err := c.request(path, body)
			if err != nil {
				return err
			}
			proto.Merge(into.(proto.Message), req)
			return nil
		}, reply)
		if err != nil {
			e.fail(w, shown(err))
			return
		}
		var text []byte
		if c.answer != nil {
			text = c.answer(reply)
		}
		writeJSON(w, http.StatusOK, text)
	}
}

// object reads a small JSON object; an empty body is an empty object unless there has to be one.
func (e *rest) object(w http.ResponseWriter, r *http.Request, bodied bool) (object, error) {
	if r.Method == http.MethodGet {
		return nil, nil //nolint:nilnil // a nil object has no members
	}
	reader := e.reader(w)
	var err error
	if reader.source, reader.length, err = decoded(r, reader.limit); err != nil {
		return nil, err
	}
	body, err := reader.read()
	if err != nil {
		return nil, err
	}
	defer body.free()
	if body.length == 0 && !bodied {
		return nil, nil //nolint:nilnil // as above
	}
	return parseObject(body.bytes())
}

// reader reads a body, at most as large as a message, into memory that is charged.
func (e *rest) reader(w http.ResponseWriter) bodyReader {
	return bodyReader{
		limit: e.messageBytes, budget: e.inference.budget, buffers: e.buffers, control: http.NewResponseController(w),
	}
}

// appendMessages writes messages as an array.
func appendMessages[M proto.Message](dst []byte, messages []M) []byte {
	dst = append(dst, '[')
	first := true
	for _, m := range messages {
		dst = appendMessage(comma(dst, &first), m.ProtoReflect())
	}
	return append(dst, ']')
}
