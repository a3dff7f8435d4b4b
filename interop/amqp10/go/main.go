// Azure's go-amqp, as its SDKs for Service Bus and Event Hubs use it.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/Azure/go-amqp"
)

var (
	address string
	run     = fmt.Sprintf("go%x.", time.Now().UnixNano())
	failed  = 0
)

func check(name string, body func(ctx context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := body(ctx); err != nil {
		failed++
		fmt.Printf("FAILED  go-amqp: %s: %v\n", name, err)
		return
	}
	fmt.Printf("ok      go-amqp: %s\n", name)
}

func connected(ctx context.Context, use func(*amqp.Session) error) error {
	conn, err := amqp.Dial(ctx, address, &amqp.ConnOptions{SASLType: amqp.SASLTypePlain("guest", "guest")})
	if err != nil {
		return err
	}
	defer conn.Close()
	session, err := conn.NewSession(ctx, nil)
	if err != nil {
		return err
	}
	return use(session)
}

func send(ctx context.Context, session *amqp.Session, to string, messages ...*amqp.Message) error {
	sender, err := session.NewSender(ctx, to, nil)
	if err != nil {
		return err
	}
	for _, message := range messages {
		if err := sender.Send(ctx, message, nil); err != nil {
			return err
		}
	}
	return sender.Close(ctx)
}

func plain(ctx context.Context) error {
	return connected(ctx, func(session *amqp.Session) error {
		message := amqp.NewMessage([]byte("hello"))
		message.Properties = &amqp.MessageProperties{MessageID: "id"}
		message.ApplicationProperties = map[string]any{"n": int64(5)}
		if err := send(ctx, session, run+"plain", message); err != nil {
			return err
		}
		receiver, err := session.NewReceiver(ctx, run+"plain", nil)
		if err != nil {
			return err
		}
		back, err := receiver.Receive(ctx, nil)
		if err != nil {
			return err
		}
		if string(back.GetData()) != "hello" || back.Properties.MessageID != "id" || back.ApplicationProperties["n"] != int64(5) {
			return fmt.Errorf("it came back as %v", back)
		}
		return receiver.AcceptMessage(ctx, back)
	})
}

func outcomes(ctx context.Context) error {
	return connected(ctx, func(session *amqp.Session) error {
		if err := send(ctx, session, run+"outcomes", amqp.NewMessage([]byte("m"))); err != nil {
			return err
		}
		receiver, err := session.NewReceiver(ctx, run+"outcomes", &amqp.ReceiverOptions{Credit: 1})
		if err != nil {
			return err
		}
		first, err := receiver.Receive(ctx, nil)
		if err != nil {
			return err
		}
		if err := receiver.ReleaseMessage(ctx, first); err != nil {
			return err
		}
		second, err := receiver.Receive(ctx, nil)
		if err != nil {
			return err
		}
		if err := receiver.ModifyMessage(ctx, second, &amqp.ModifyMessageOptions{DeliveryFailed: true}); err != nil {
			return err
		}
		third, err := receiver.Receive(ctx, nil)
		if err != nil {
			return err
		}
		if third.Header == nil || third.Header.DeliveryCount != 1 {
			return fmt.Errorf("the delivery count is in %v", third.Header)
		}
		return receiver.RejectMessage(ctx, third, &amqp.Error{Condition: "my:condition"})
	})
}

func secondMode(ctx context.Context) error {
	return connected(ctx, func(session *amqp.Session) error {
		if err := send(ctx, session, run+"second", amqp.NewMessage([]byte("m"))); err != nil {
			return err
		}
		receiver, err := session.NewReceiver(ctx, run+"second",
			&amqp.ReceiverOptions{SettlementMode: amqp.ReceiverSettleModeSecond.Ptr()})
		if err != nil {
			return err
		}
		message, err := receiver.Receive(ctx, nil)
		if err != nil {
			return err
		}
		return receiver.AcceptMessage(ctx, message)
	})
}

func large(ctx context.Context) error {
	return connected(ctx, func(session *amqp.Session) error {
		body := bytes.Repeat([]byte("0123456789"), 200_000)
		if err := send(ctx, session, run+"large", amqp.NewMessage(body)); err != nil {
			return err
		}
		receiver, err := session.NewReceiver(ctx, run+"large", nil)
		if err != nil {
			return err
		}
		back, err := receiver.Receive(ctx, nil)
		if err != nil {
			return err
		}
		if !bytes.Equal(body, back.GetData()) {
			return errors.New("the body has changed")
		}
		return receiver.AcceptMessage(ctx, back)
	})
}

func selector(ctx context.Context) error {
	return connected(ctx, func(session *amqp.Session) error {
		for i := int64(1); i <= 3; i++ {
			message := amqp.NewMessage([]byte{byte(i)})
			message.ApplicationProperties = map[string]any{"n": i}
			if err := send(ctx, session, run+"selector", message); err != nil {
				return err
			}
		}
		receiver, err := session.NewReceiver(ctx, run+"selector",
			&amqp.ReceiverOptions{Filters: []amqp.LinkFilter{amqp.NewSelectorFilter("n = 3")}})
		if err != nil {
			return err
		}
		back, err := receiver.Receive(ctx, nil)
		if err != nil {
			return err
		}
		if back.GetData()[0] != 3 {
			return fmt.Errorf("message %d came", back.GetData()[0])
		}
		return receiver.AcceptMessage(ctx, back)
	})
}

func missing(ctx context.Context) error {
	return connected(ctx, func(session *amqp.Session) error {
		_, err := session.NewReceiver(ctx, "/queues/"+run+"missing", nil)
		var told *amqp.Error
		if !errors.As(err, &told) || told.Condition != amqp.ErrCondNotFound {
			return fmt.Errorf("it was told %v", err)
		}
		return send(ctx, session, run+"fine", amqp.NewMessage([]byte("m")))
	})
}

func drain(ctx context.Context) error {
	return connected(ctx, func(session *amqp.Session) error {
		receiver, err := session.NewReceiver(ctx, run+"drain", &amqp.ReceiverOptions{Credit: -1})
		if err != nil {
			return err
		}
		if err := receiver.IssueCredit(10); err != nil {
			return err
		}
		return receiver.DrainCredit(ctx, nil)
	})
}

func detachError(ctx context.Context) error {
	return connected(ctx, func(session *amqp.Session) error {
		receiver, err := session.NewReceiver(ctx, "", &amqp.ReceiverOptions{DynamicAddress: true})
		if err != nil {
			return err
		}
		if receiver.Address() == "" {
			return errors.New("no address")
		}
		if err := send(ctx, session, receiver.Address(), amqp.NewMessage([]byte("m"))); err != nil {
			return err
		}
		message, err := receiver.Receive(ctx, nil)
		if err != nil {
			return err
		}
		return receiver.AcceptMessage(ctx, message)
	})
}

func sasl(ctx context.Context) error {
	conn, err := amqp.Dial(ctx, address, &amqp.ConnOptions{SASLType: amqp.SASLTypeAnonymous()})
	if err != nil {
		if os.Getenv("POLYMQ_LOGIN") == "required" {
			return nil
		}
		return err
	}
	return conn.Close()
}

func main() {
	address = fmt.Sprintf("amqp://%s:%s", os.Args[1], os.Args[2])
	check("send and receive", plain)
	check("outcomes", outcomes)
	check("settlement by the receiver second", secondMode)
	check("a message of many frames", large)
	check("a selector", selector)
	check("a node that is not there", missing)
	check("drain", drain)
	check("a dynamic node", detachError)
	check("SASL ANONYMOUS", sasl)
	if failed > 0 {
		os.Exit(1)
	}
}
