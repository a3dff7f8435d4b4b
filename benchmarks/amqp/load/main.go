// Load for comparisons of AMQP brokers, where RabbitMQ's PerfTest has none:
//
//	load v1 HOST:PORT ADDRESS SECONDS SIZE [RATE]   AMQP 1.0, one sender (200 open), one receiver (credit 200), durable
//	load topic HOST:PORT SECONDS BINDINGS           AMQP 0-9-1, a topic exchange of so many bindings, transient
//	load idle HOST:PORT CONNECTIONS SECONDS         AMQP 0-9-1, connections with a channel that do nothing
//	load queues HOST:PORT QUEUES                    AMQP 0-9-1, declares so many durable queues, idle and empty
//	load fill HOST:PORT QUEUE MESSAGES SIZE         AMQP 0-9-1, persistent messages into a durable queue, each confirmed
//	load drain HOST:PORT QUEUE MESSAGES             AMQP 0-9-1, takes so many from there and acknowledges each
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
	if len(os.Args) < 4 {
		log.Fatal("load v1|topic|idle|queues|fill|drain HOST:PORT ...")
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
	case "queues":
		queues(os.Args[2], number(3))
	case "fill":
		fill(os.Args[2], os.Args[3], number(4), number(5))
	case "drain":
		drain(os.Args[2], os.Args[3], number(4))
	default:
		log.Fatal("there is no load " + os.Args[1])
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

func queues(place string, number int) {
	_, channel := connect(place)
	begun := time.Now()
	for i := range number {
		_, err := channel.QueueDeclare(fmt.Sprintf("idle-%d", i), true, false, false, false, nil)
		check(err)
	}
	fmt.Printf("queues %s: %d declared in %.1f s\n", place, number, time.Since(begun).Seconds())
}

// Four publishers, each with up to 2000 messages that are not confirmed yet. A message begins with its number.
func fill(place, queue string, messages, size int) {
	const publishers, window = 4, 2000
	_, channel := connect(place)
	_, err := channel.QueueDeclare(queue, true, false, false, false, nil)
	check(err)
	begun := time.Now()
	var all sync.WaitGroup
	for p := range publishers {
		all.Add(1)
		go func() {
			defer all.Done()
			connection, out := connect(place)
			defer connection.Close()
			check(out.Confirm(false))
			confirmed := out.NotifyPublish(make(chan amqp091.Confirmation, window))
			open := 0
			settle := func() {
				if confirmation, ok := <-confirmed; !ok || !confirmation.Ack {
					log.Fatal("a publish was not confirmed")
				}
				open--
			}
			for i := p; i < messages; i += publishers {
				body := make([]byte, max(size, 8))
				binary.BigEndian.PutUint64(body, uint64(i))
				for open == window {
					settle()
				}
				check(out.Publish("", queue, false, false, amqp091.Publishing{DeliveryMode: 2, Body: body}))
				open++
			}
			for open > 0 {
				settle()
			}
		}()
	}
	all.Wait()
	took := time.Since(begun).Seconds()
	fmt.Printf("fill %s: %d messages of %d bytes confirmed in %.1f s, %.0f messages/s\n",
		place, messages, size, took, float64(messages)/took)
}

// One consumer with a prefetch limit of 2000 that acknowledges every 500. Each number must come, and come once.
func drain(place, queue string, messages int) {
	_, channel := connect(place)
	check(channel.Qos(2000, 0, false))
	begun := time.Now()
	deliveries, err := channel.Consume(queue, "", false, false, false, false, nil)
	check(err)
	seen := make([]bool, messages)
	var first time.Duration
	slowest, at := time.Duration(0), begun
	for i := range messages {
		var delivery amqp091.Delivery
		select {
		case delivery = <-deliveries:
		case <-time.After(30 * time.Second):
			log.Fatalf("drain %s: %d of %d came", place, i, messages)
		}
		if i == 0 {
			first = time.Since(begun)
		}
		number := binary.BigEndian.Uint64(delivery.Body)
		if seen[number] {
			log.Fatalf("message %d came twice", number)
		}
		seen[number] = true
		if i%500 == 499 || i == messages-1 {
			check(delivery.Ack(true))
		}
		if i%100000 == 99999 {
			slowest = max(slowest, time.Since(at))
			at = time.Now()
		}
	}
	took := time.Since(begun).Seconds()
	fmt.Printf("drain %s: %d messages in %.1f s, %.0f messages/s, the first after %d ms, the slowest 100,000 in %.1f s\n",
		place, messages, took, float64(messages)/took, first.Milliseconds(), slowest.Seconds())
}
