// amqp091-go against a broker: go run . HOST PORT
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func check(holds bool, what string) {
	if !holds {
		log.Fatal(what)
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	connection, err := amqp.Dial(fmt.Sprintf("amqp://guest:guest@%s:%s/", os.Args[1], os.Args[2]))
	must(err)
	channel, err := connection.Channel()
	must(err)
	must(channel.Confirm(false))
	queue, err := channel.QueueDeclare("", false, false, true, false, nil)
	must(err)

	var confirms []*amqp.DeferredConfirmation
	for i := 0; i < 200; i++ {
		confirm, err := channel.PublishWithDeferredConfirmWithContext(ctx, "", queue.Name, false, false,
			amqp.Publishing{DeliveryMode: amqp.Persistent, Headers: amqp.Table{"n": int32(i)}, Body: []byte("m")})
		must(err)
		confirms = append(confirms, confirm)
	}
	for _, confirm := range confirms {
		acked, err := confirm.WaitContext(ctx)
		must(err)
		check(acked, "a publish was not confirmed")
	}

	must(channel.Qos(10, 0, false))
	deliveries, err := channel.Consume(queue.Name, "go", false, false, false, false, nil)
	must(err)
	for i := 0; i < 200; i++ {
		select {
		case delivery := <-deliveries:
			check(delivery.Headers["n"] == int32(i), "out of order")
			must(delivery.Ack(false))
		case <-ctx.Done():
			log.Fatal("no delivery")
		}
	}
	must(channel.Cancel("go", false))

	returns := channel.NotifyReturn(make(chan amqp.Return, 1))
	must(channel.PublishWithContext(ctx, "", "no-such-queue", true, false, amqp.Publishing{Body: []byte("x")}))
	select {
	case returned := <-returns:
		check(returned.ReplyCode == 312, "another reply code")
	case <-ctx.Done():
		log.Fatal("nothing was returned")
	}

	must(channel.ExchangeDeclare("interop-go", "topic", false, true, false, false, nil))
	must(channel.QueueBind(queue.Name, "a.*.c", "interop-go", false, nil))
	must(channel.PublishWithContext(ctx, "interop-go", "a.b.c", false, false, amqp.Publishing{Body: []byte("t")}))
	var got amqp.Delivery
	for found := false; !found; {
		got, found, err = channel.Get(queue.Name, true)
		must(err)
	}
	check(string(got.Body) == "t", "another message")

	broken, err := connection.Channel()
	must(err)
	_, err = broken.QueueDeclarePassive("no-such-queue", false, false, false, false, nil)
	failure, ok := err.(*amqp.Error)
	check(ok && failure.Code == 404, "a missing queue was found")
	must(connection.Close())
}
