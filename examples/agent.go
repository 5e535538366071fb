// Counts the messages that it receives. Start it with `PORT=4567 go run agent.go`; its address is http://127.0.0.1:4567/
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

type object = map[string]any
type params struct {
	Message         struct{ Payload object }
	Options, Memory map[string]float64
}

type call struct {
	Method string
	Params params
}

func result(method string, params params) object {
	count := params.Memory["count"]
	switch method {
	case "register":
		return object{"name": "GoCounterAgent", "description": "Counts messages by `step`.", "default_options": object{"step": 1}}
	case "receive":
		count += params.Options["step"]
		return object{"memory": object{"count": count}, "messages": []object{{"count": count, "seen": params.Message.Payload}}}
	}
	return object{"logs": []string{fmt.Sprintf("The count is %v.", count)}}
}

func answer(response http.ResponseWriter, request *http.Request) {
	call := call{Params: params{Options: map[string]float64{"step": 1}}} // unless the options say otherwise
	json.NewDecoder(request.Body).Decode(&call)
	json.NewEncoder(response).Encode(object{"result": result(call.Method, call.Params)})
}
func main() { http.ListenAndServe(os.ExpandEnv("127.0.0.1:$PORT"), http.HandlerFunc(answer)) }
