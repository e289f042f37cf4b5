// Reads Dockerfiles by BuildKit's own code. In: a JSON list of {text, args}. Out: a JSON list of what BuildKit makes of each.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

type Question struct {
	Text string            `json:"text"`
	Args map[string]string `json:"args"`
}

type Instruction struct {
	Keyword  string   `json:"keyword"`
	Line     string   `json:"line"`
	Flags    []string `json:"flags"`
	Heredocs int      `json:"heredocs"`
	First    int      `json:"first"`
	Last     int      `json:"last"`
}

type Answer struct {
	// Why the lines could not be read, and why the whole could not.
	LinesError   string        `json:"linesError"`
	Error        string        `json:"error"`
	Instructions []Instruction `json:"instructions"`
	Syntax       string        `json:"syntax"`
	Images       []string      `json:"images"`
	// Paths in the context; null for all of it.
	Paths []string `json:"paths"`
}

// Answers for each image that it has this configuration, and keeps the names.
type resolver struct {
	mu    sync.Mutex
	names []string
}

const config = `{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin","OF_IMAGE=of/image"]},` +
	`"rootfs":{"type":"layers","diff_ids":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}}`

func (r *resolver) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = append(r.names, ref)
	return ref, digest.FromString(ref), []byte(config), nil
}

const last = "of-the-last-stage"

func answer(question Question) (result Answer) {
	defer func() {
		if failure := recover(); failure != nil {
			result.Error = fmt.Sprint(failure)
		}
	}()
	text := []byte(question.Text)
	result.Syntax, _, _, _ = parser.DetectSyntax(text)
	lines, err := parser.Parse(strings.NewReader(question.Text))
	if err != nil {
		result.LinesError = err.Error()
		result.Error = err.Error()
		return
	}
	for _, node := range lines.AST.Children {
		result.Instructions = append(result.Instructions, Instruction{
			Keyword: strings.ToUpper(node.Value), Line: strings.TrimSpace(node.Original), Flags: node.Flags,
			Heredocs: len(node.Heredocs), First: node.StartLine, Last: node.EndLine,
		})
	}
	stages, _, err := instructions.Parse(lines.AST, nil)
	if err != nil {
		result.Error = err.Error()
		return
	}
	// A stage that needs all the others, and that copies something: then the context is in the definition.
	whole := question.Text + "\n\nFROM scratch AS " + last + "\nCOPY " + last + " /\n"
	for at := range stages {
		whole += fmt.Sprintf("COPY --from=%d /a /b\n", at)
	}
	images := &resolver{}
	platform := ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	option := dockerfile2llb.ConvertOpt{MetaResolver: images, TargetPlatform: &platform}
	option.Config = dockerui.Config{BuildArgs: question.Args}
	made, err := dockerfile2llb.Dockerfile2LLB(context.Background(), []byte(whole), option)
	if err != nil {
		result.Error = err.Error()
		return
	}
	result.Images = images.names
	definition, err := made.State.Marshal(context.Background())
	if err != nil {
		result.Error = err.Error()
		return
	}
	for _, bytes := range definition.Def {
		var op pb.Op
		if err := op.Unmarshal(bytes); err != nil {
			result.Error = err.Error()
			return
		}
		if source := op.GetSource(); source != nil && source.Identifier == "local://context" {
			if follow, some := source.Attrs[pb.AttrFollowPaths]; some {
				json.Unmarshal([]byte(follow), &result.Paths)
			}
		}
	}
	return
}

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var questions []Question
	if err := json.Unmarshal(input, &questions); err != nil {
		panic(err)
	}
	answers := []Answer{}
	for _, question := range questions {
		answers = append(answers, answer(question))
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}
