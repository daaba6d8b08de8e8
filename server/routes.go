package server

import (
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
)

// route is one method on one path, in grpc-gateway's syntax.
type route struct {
	method, pattern string
	handler         runtime.HandlerFunc
}

// routes are the handlers written by hand; what http.yaml binds has generated ones. Each is described in openapi.yaml. Of two that
// match a path, the later is asked.
func (e *rest) routes() []route {
	all := []route{
		{http.MethodGet, modelsPath, e.models},
	}
	for _, model := range []string{"/v2/models/{name}", "/v2/models/{name}/versions/{version}"} {
		all = append(all,
			route{http.MethodPost, model + "/infer", e.infer},
			route{http.MethodPost, model + "/generate", e.generate(false)},
			route{http.MethodPost, model + "/generate_stream", e.generate(true)},
			route{http.MethodPost, model + "/infer_stream", e.generate(true)}, // MLServer's
		)
	}
	all = append(all, e.repositoryRoutes()...)
	all = append(all, e.settingRoutes()...)
	all = append(all, e.v1Routes()...)
	all = append(all, e.docsRoutes()...)
	return append(all, e.memoryRoutes()...)
}
