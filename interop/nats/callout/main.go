// A service that decides who gets in, as nats-server's own libraries write one: asked in the clear, and under seal.
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func check(name string, err error) {
	if err == nil {
		fmt.Println("ok", name)
	} else {
		fmt.Println("FAIL", name, err)
	}
}

func freePort() int {
	held := must(net.Listen("tcp", "127.0.0.1:0"))
	defer held.Close()
	return held.Addr().(*net.TCPAddr).Port
}

func start(work string, port int, callout string) *exec.Cmd {
	conf := filepath.Join(work, fmt.Sprintf("%d.conf", port))
	text := fmt.Sprintf(`listen: "127.0.0.1:%d"
accounts {
  AUTH { users: [ { user: auth, password: auth } ] }
  APP {}
}
authorization { timeout: 5, auth_callout { %s, account: AUTH, auth_users: [ auth ] } }
`, port, callout)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		panic(err)
	}
	server := exec.Command(filepath.Join(os.Getenv("POLYMQ_ROOT"), "bin", "nats-server-compat"), "-c", conf)
	if err := server.Start(); err != nil {
		panic(err)
	}
	for i := 0; i < 600; i++ {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return server
		}
		time.Sleep(100 * time.Millisecond)
	}
	panic("the server did not start")
}

// answer is what the service says to one request.
func answer(issuer nkeys.KeyPair, request string) (string, error) {
	asked, err := jwt.DecodeAuthorizationRequestClaims(request)
	if err != nil {
		return "", err
	}
	results := jwt.CreateValidationResults()
	asked.Validate(results)
	for _, issue := range results.Issues {
		return "", errors.New(issue.Description)
	}
	response := jwt.NewAuthorizationResponseClaims(asked.UserNkey)
	response.Audience = asked.Server.ID
	if asked.ConnectOptions.Password != "right" {
		response.Error = "wrong password of " + asked.ConnectOptions.Username
		return response.Encode(issuer)
	}
	user := jwt.NewUserClaims(asked.UserNkey)
	user.Name = asked.ConnectOptions.Username
	user.Audience = "APP"
	user.Permissions.Pub.Allow.Add("open.>")
	user.Permissions.Sub.Allow.Add("open.>", "_INBOX.>")
	response.Jwt = must(user.Encode(issuer))
	return response.Encode(issuer)
}

func serve(connection *nats.Conn, issuer, curve nkeys.KeyPair, faults chan<- error) {
	must(connection.Subscribe("$SYS.REQ.USER.AUTH", func(message *nats.Msg) {
		body := message.Data
		sender := message.Header.Get("Nats-Server-Xkey")
		if curve != nil {
			opened, err := curve.Open(body, sender)
			if err != nil {
				faults <- err
				return
			}
			body = opened
		}
		said, err := answer(issuer, string(body))
		if err != nil {
			faults <- err
			return
		}
		reply := []byte(said)
		if curve != nil {
			reply = must(curve.Seal(reply, sender))
		}
		if err := message.Respond(reply); err != nil {
			faults <- err
		}
	}))
	if err := connection.Flush(); err != nil {
		panic(err)
	}
}

func letsIn(url string) error {
	client, err := nats.Connect(url, nats.UserInfo("alice", "right"))
	if err != nil {
		return err
	}
	defer client.Close()
	sub := must(client.SubscribeSync("open.door"))
	if err := client.Publish("open.door", []byte("in")); err != nil {
		return err
	}
	message, err := sub.NextMsg(5 * time.Second)
	if err != nil {
		return err
	}
	if string(message.Data) != "in" {
		return fmt.Errorf("got %q", message.Data)
	}
	refused := make(chan error, 1)
	client.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err })
	if err := client.Publish("closed.door", nil); err != nil {
		return err
	}
	select {
	case err := <-refused:
		if !strings.Contains(err.Error(), "closed.door") {
			return err
		}
		return nil
	case <-time.After(5 * time.Second):
		return errors.New("the permissions do not hold")
	}
}

func keepsOut(url string) error {
	client, err := nats.Connect(url, nats.UserInfo("mallory", "wrong"))
	if err == nil {
		client.Close()
		return errors.New("let in")
	}
	if !errors.Is(err, nats.ErrAuthorization) {
		return err
	}
	return nil
}

func run(work, name string, sealed bool) {
	issuer := must(nkeys.CreateAccount())
	callout := "issuer: " + must(issuer.PublicKey())
	var curve nkeys.KeyPair
	if sealed {
		curve = must(nkeys.CreateCurveKeys())
		callout += ", xkey: " + must(curve.PublicKey())
	}
	port := freePort()
	server := start(work, port, callout)
	defer func() {
		server.Process.Kill()
		server.Wait()
	}()
	url := fmt.Sprintf("nats://127.0.0.1:%d", port)
	service := must(nats.Connect(url, nats.UserInfo("auth", "auth")))
	defer service.Close()
	faults := make(chan error, 16)
	serve(service, issuer, curve, faults)
	check("callout "+name+": lets in with its permissions", letsIn(url))
	check("callout "+name+": keeps out", keepsOut(url))
	var fault error
	select {
	case fault = <-faults:
	default:
	}
	check("callout "+name+": requests are what the library expects", fault)
}

func main() {
	work := must(os.MkdirTemp("", "callout"))
	defer os.RemoveAll(work)
	run(work, "in the clear", false)
	run(work, "under seal", true)
}
