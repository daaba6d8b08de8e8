package server

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// repositoryRoutes are the model repository extension. Source: Triton, "Model Repository Extension".
func (e *rest) repositoryRoutes() []route {
	index := e.control(controlCall{
		rpc: "RepositoryIndex", request: indexRequest, reply: &inferencepb.RepositoryIndexResponse{}, answer: indexAnswer,
	})
	load := e.control(controlCall{rpc: "RepositoryModelLoad", request: loadRequest, reply: &inferencepb.RepositoryModelLoadResponse{}})
	unload := e.control(controlCall{rpc: "RepositoryModelUnload", request: unloadRequest, reply: &inferencepb.RepositoryModelUnloadResponse{}})
	var all []route
	for _, repository := range []string{"/v2/repository", "/v2/repository/{repository}"} {
		all = append(all,
			route{http.MethodPost, repository + "/index", index},
			route{http.MethodPost, repository + "/models/{name}/load", load},
			route{http.MethodPost, repository + "/models/{name}/unload", unload},
		)
	}
	return all
}

func indexRequest(path map[string]string, body object) (proto.Message, error) {
	req := &inferencepb.RepositoryIndexRequest{RepositoryName: path["repository"]}
	return req, take(body, "ready", aBoolean, &req.Ready)
}

// indexEntry is a model of the index; what is not known is left out.
type indexEntry struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	State   string `json:"state,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// indexAnswer is the list itself.
func indexAnswer(reply proto.Message) []byte {
	models := reply.(*inferencepb.RepositoryIndexResponse).GetModels()
	list := make([]indexEntry, len(models))
	for i, m := range models {
		list[i] = indexEntry{m.GetName(), m.GetVersion(), m.GetState(), m.GetReason()}
	}
	return mustEncode(list)
}

func loadRequest(path map[string]string, body object) (proto.Message, error) {
	p, err := repositoryParameters(body)
	return &inferencepb.RepositoryModelLoadRequest{RepositoryName: path["repository"], ModelName: path["name"], Parameters: p}, err
}

func unloadRequest(path map[string]string, body object) (proto.Message, error) {
	p, err := repositoryParameters(body)
	return &inferencepb.RepositoryModelUnloadRequest{RepositoryName: path["repository"], ModelName: path["name"], Parameters: p}, err
}

func repositoryParameters(body object) (map[string]*inferencepb.ModelRepositoryParameter, error) {
	var given object
	if err := take(body, "parameters", anObject, &given); err != nil {
		return nil, err
	}
	all := make(map[string]*inferencepb.ModelRepositoryParameter, len(given))
	for key := range given.withoutNulls() {
		p, err := repositoryParameter(given, key)
		if err != nil {
			return nil, err
		}
		all[key] = p
	}
	return all, nil
}

// filePrefix begins the key of a parameter that holds a file of the model: file:1/model.onnx.
const filePrefix = "file:"

func repositoryParameter(given object, key string) (*inferencepb.ModelRepositoryParameter, error) {
	p := &inferencepb.ModelRepositoryParameter{}
	file, isFile := strings.CutPrefix(key, filePrefix)
	switch text := given[key]; {
	case isFile:
		content, err := fileContent(given, key, file)
		p.ParameterChoice = &inferencepb.ModelRepositoryParameter_BytesParam{BytesParam: content}
		return p, err
	case key == "config" || text[0] == '"':
		var value string
		err := take(given, key, aString, &value)
		p.ParameterChoice = &inferencepb.ModelRepositoryParameter_StringParam{StringParam: value}
		return p, err
	case key == "unload_dependents" || text[0] == 't' || text[0] == 'f':
		var value bool
		err := take(given, key, aBoolean, &value)
		p.ParameterChoice = &inferencepb.ModelRepositoryParameter_BoolParam{BoolParam: value}
		return p, err
	}
	var value int64
	if json.Unmarshal(given[key], &value) != nil {
		return nil, infer.Errorf(codes.InvalidArgument, "parameter %q is neither a string nor a boolean nor an integer", clip(key, maxName))
	}
	p.ParameterChoice = &inferencepb.ModelRepositoryParameter_Int64Param{Int64Param: value}
	return p, nil
}

// fileContent is the content of a file, whose name must not lead out of the model's folder.
func fileContent(given object, key, file string) ([]byte, error) {
	if !fs.ValidPath(file) || strings.Contains(file, `\`) {
		return nil, infer.Errorf(codes.InvalidArgument,
			"parameter %q: the name of a file is its path in the model's folder, such as file:1/model.onnx", clip(key, maxName))
	}
	var text string
	if err := take(given, key, aString, &text); err != nil {
		return nil, err
	}
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, infer.Errorf(codes.InvalidArgument, "parameter %q is not in base64: %w", clip(key, maxName), err)
	}
	return content, nil
}
