// Load for comparisons of AMQP brokers, where RabbitMQ's PerfTest has none:
//
//	load v1 HOST:PORT ADDRESS SECONDS SIZE [RATE]   AMQP 1.0, one sender (200 open), one receiver (credit 200), durable
//	load topic HOST:PORT SECONDS BINDINGS           AMQP 0-9-1, a topic exchange of so many bindings, transient
//	load idle HOST:PORT CONNECTIONS SECONDS         AMQP 0-9-1, connections with a channel that do nothing
//
// Each prints one line.
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/go-amqp"
	amqp091 "github.com/rabbitmq/amqp091-go"
)

const open = 200

func number(index int) int {
	value, err := strconv.Atoi(os.Args[index])
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	if len(os.Args) < 5 {
		log.Fatal("load v1|topic|idle HOST:PORT ...")
	}
	switch os.Args[1] {
	case "v1":
		rate := 0
		if len(os.Args) > 6 {
			rate = number(6)
		}
		v1(os.Args[2], os.Args[3], number(4), number(5), rate)
	case "topic":
		topic(os.Args[2], number(3), number(4))
	case "idle":
		idle(os.Args[2], number(3), number(4))
	}
}

func dial(ctx context.Context, place string) *amqp.Session {
	connection, err := amqp.Dial(ctx, "amqp://"+place, &amqp.ConnOptions{
		SASLType: amqp.SASLTypePlain("guest", "guest"), MaxFrameSize: 65536})
	check(err)
	session, err := connection.NewSession(ctx, nil)
	check(err)
	return session
}

// A message is sent when a slot is free and, with a rate, when its time has come; its latency is from that time to its
// arrival.
func v1(place, address string, seconds, size, rate int) {
	ctx := context.Background()
	out := dial(ctx, place)
	sender, err := out.NewSender(ctx, address, nil)
	check(err)
	in := dial(ctx, place)
	receiver, err := in.NewReceiver(ctx, address, &amqp.ReceiverOptions{Credit: open})
	check(err)
	var received, sent atomic.Int64
	var latencies []time.Duration
	finished := make(chan struct{})
	warm := time.Now().Add(2 * time.Second)
	end := warm.Add(time.Duration(seconds) * time.Second)
	go func() {
		defer close(finished)
		for {
			within, cancel := context.WithDeadline(ctx, end.Add(time.Second))
			message, err := receiver.Receive(within, nil)
			cancel()
			if err != nil {
				return
			}
			check(receiver.AcceptMessage(ctx, message))
			now := time.Now()
			if now.After(warm) && now.Before(end) {
				received.Add(1)
				at := int64(binary.BigEndian.Uint64(message.GetData()))
				latencies = append(latencies, time.Duration(now.UnixNano()-at))
			}
		}
	}()
	var turn atomic.Int64
	start := time.Now()
	var senders sync.WaitGroup
	for range open {
		senders.Add(1)
		go func() {
			defer senders.Done()
			for {
				at := time.Now()
				if rate > 0 {
					at = start.Add(time.Duration(turn.Add(1)) * time.Second / time.Duration(rate))
					time.Sleep(time.Until(at))
				}
				if at.After(end) {
					return
				}
				body := make([]byte, size)
				binary.BigEndian.PutUint64(body, uint64(at.UnixNano()))
				message := amqp.NewMessage(body)
				message.Header = &amqp.MessageHeader{Durable: true}
				check(sender.Send(ctx, message, nil))
				sent.Add(1)
			}
		}()
	}
	senders.Wait()
	<-finished
	slices.Sort(latencies)
	at := func(part float64) float64 {
		if len(latencies) == 0 {
			return 0
		}
		return float64(latencies[int(part*float64(len(latencies)-1))].Microseconds()) / 1000
	}
	fmt.Printf("v1 %s size %d: %d messages/s, latency ms p50 %.2f p99 %.2f\n",
		place, size, received.Load()/int64(seconds), at(0.5), at(0.99))
}

func connect(place string) (*amqp091.Connection, *amqp091.Channel) {
	connection, err := amqp091.DialConfig("amqp://guest:guest@"+place, amqp091.Config{Heartbeat: 60 * time.Second})
	check(err)
	channel, err := connection.Channel()
	check(err)
	return connection, channel
}

func topic(place string, seconds, bindings int) {
	_, channel := connect(place)
	name := fmt.Sprintf("bench-%d", os.Getpid())
	check(channel.ExchangeDeclare(name, "topic", false, true, false, false, nil))
	queue, err := channel.QueueDeclare(name, false, true, true, false, nil)
	check(err)
	begun := time.Now()
	for i := range bindings {
		check(channel.QueueBind(queue.Name, fmt.Sprintf("site.%d.*.state", i), name, false, nil))
	}
	bound := time.Since(begun)
	deliveries, err := channel.Consume(queue.Name, "", true, true, false, false, nil)
	check(err)
	var received atomic.Int64
	go func() {
		for range deliveries {
			received.Add(1)
		}
	}()
	_, out := connect(place)
	body := make([]byte, 16)
	var counting int64
	warm := time.Now().Add(2 * time.Second)
	end := warm.Add(time.Duration(seconds) * time.Second)
	for i := 0; ; i++ {
		if i%256 == 0 {
			now := time.Now()
			if counting == 0 && now.After(warm) {
				counting = received.Load()
			}
			if now.After(end) {
				break
			}
			for int64(i)-received.Load() > 20000 { // what is under way stays bounded
				time.Sleep(time.Millisecond)
			}
		}
		key := fmt.Sprintf("site.%d.lamp.state", i%bindings)
		check(out.Publish(name, key, false, false, amqp091.Publishing{Body: body}))
	}
	fmt.Printf("topic %s: %d bindings in %.1f s, %d messages/s\n",
		place, bindings, bound.Seconds(), (received.Load()-counting)/int64(seconds))
}

func idle(place string, connections, seconds int) {
	var kept []*amqp091.Connection
	begun := time.Now()
	for range connections {
		connection, _ := connect(place)
		kept = append(kept, connection)
	}
	fmt.Printf("idle %s: %d connections in %.1f s\n", place, len(kept), time.Since(begun).Seconds())
	time.Sleep(time.Duration(seconds) * time.Second)
}
