// nats.go as it comes from its module: core messaging, logins, services, lame duck aside.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

var url = fmt.Sprintf("nats://%s:%s", os.Getenv("POLYMQ_HOST"), os.Getenv("NATS_PORT"))

func connect(options ...nats.Option) *nats.Conn {
	nc, err := nats.Connect(url, options...)
	if err != nil {
		panic(err)
	}
	return nc
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func check(holds bool, what ...any) {
	if !holds {
		panic(fmt.Sprint(what...))
	}
}

func test(name string, run func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Printf("FAIL %s: %v\n", name, r)
			return
		}
		fmt.Printf("ok %s\n", name)
	}()
	run()
}

func main() {
	test("a message arrives with its headers", func() {
		nc := connect()
		defer nc.Close()
		sub, err := nc.SubscribeSync("go.>")
		must(err)
		m := nats.NewMsg("go.a")
		m.Header.Add("X", "1")
		m.Header.Add("X", "2")
		m.Data = []byte("hello")
		must(nc.PublishMsg(m))
		got, err := sub.NextMsg(5 * time.Second)
		must(err)
		check(string(got.Data) == "hello" && len(got.Header.Values("X")) == 2, got)
	})
	test("200,000 messages arrive in order", func() {
		nc := connect()
		defer nc.Close()
		other := connect()
		defer other.Close()
		const count = 200_000
		var next atomic.Int64
		wrong := atomic.Bool{}
		done := make(chan bool, 1)
		sub, err := nc.Subscribe("go.order", func(m *nats.Msg) {
			n := next.Add(1) - 1
			if string(m.Data) != fmt.Sprint(n) {
				wrong.Store(true)
			}
			if n == count-1 {
				done <- true
			}
		})
		must(err)
		must(sub.SetPendingLimits(-1, -1))
		must(nc.Flush())
		for i := range count {
			must(other.Publish("go.order", []byte(fmt.Sprint(i))))
		}
		select {
		case <-done:
		case <-time.After(30 * time.Second):
			panic(fmt.Sprint("only ", next.Load()))
		}
		check(!wrong.Load(), "out of order")
	})
	test("50 clients ask 200 times each", func() {
		svc := connect()
		defer svc.Close()
		for range 3 {
			_, err := svc.QueueSubscribe("go.ask", "w", func(m *nats.Msg) { _ = m.Respond(m.Data) })
			must(err)
		}
		must(svc.Flush())
		var wg sync.WaitGroup
		var bad atomic.Int64
		for c := range 50 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				nc := connect()
				defer nc.Close()
				for i := range 200 {
					text := fmt.Sprint(c, "-", i)
					m, err := nc.Request("go.ask", []byte(text), 20*time.Second)
					if err != nil || string(m.Data) != text {
						bad.Add(1)
					}
				}
			}()
		}
		wg.Wait()
		check(bad.Load() == 0, bad.Load(), " failed")
	})
	test("no responders", func() {
		nc := connect()
		defer nc.Close()
		_, err := nc.Request("go.nobody", nil, 5*time.Second)
		check(errors.Is(err, nats.ErrNoResponders), err)
	})
	test("auto-unsubscribe and drain", func() {
		nc := connect()
		sub, err := nc.SubscribeSync("go.max")
		must(err)
		must(sub.AutoUnsubscribe(3))
		for range 10 {
			must(nc.Publish("go.max", nil))
		}
		must(nc.Flush())
		n, _, err := sub.Pending()
		must(err)
		check(n == 3, n)
		must(nc.Drain())
	})
	test("a payload that is too large is the client's to refuse, and the limit is told", func() {
		nc := connect()
		defer nc.Close()
		check(nc.MaxPayload() == 1<<20, nc.MaxPayload())
		check(errors.Is(nc.Publish("x", make([]byte, 1<<20+1)), nats.ErrMaxPayload))
	})
	test("permissions are told", func() {
		told := make(chan error, 1)
		nc := connect(nats.UserInfo("reader", "reader"), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { told <- err }))
		defer nc.Close()
		must(nc.Publish("closed.x", nil))
		select {
		case err := <-told:
			check(errors.Is(err, nats.ErrPermissionViolation), err)
		case <-time.After(5 * time.Second):
			panic("not told")
		}
	})
	test("a wrong password is refused", func() {
		_, err := nats.Connect(url, nats.UserInfo("app", "no"))
		check(err != nil && strings.Contains(strings.ToLower(err.Error()), "authorization"), err)
	})
	test("a service is found and asked", func() {
		nc := connect()
		defer nc.Close()
		svc, err := micro.AddService(nc, micro.Config{Name: "upper", Version: "1.0.0",
			Endpoint: &micro.EndpointConfig{Subject: "go.upper", Handler: micro.HandlerFunc(func(r micro.Request) {
				_ = r.Respond([]byte(strings.ToUpper(string(r.Data()))))
			})}})
		must(err)
		defer func() { _ = svc.Stop() }()
		m, err := nc.Request("go.upper", []byte("abc"), 5*time.Second)
		must(err)
		check(string(m.Data) == "ABC", string(m.Data))
		m, err = nc.Request("$SRV.PING.upper", nil, 5*time.Second)
		must(err)
		check(strings.Contains(string(m.Data), `"name":"upper"`), string(m.Data))
	})
	test("rtt and server facts", func() {
		nc := connect()
		defer nc.Close()
		_, err := nc.RTT()
		must(err)
		check(strings.HasPrefix(nc.ConnectedServerVersion(), "2.12."), nc.ConnectedServerVersion())
		check(nc.HeadersSupported())
	})
	test("the system account pings the server", func() {
		nc := connect(nats.UserInfo("sys", "sys"))
		defer nc.Close()
		m, err := nc.Request("$SYS.REQ.SERVER.PING", nil, 5*time.Second)
		must(err)
		check(strings.Contains(string(m.Data), `"statsz"`), string(m.Data))
	})
}
