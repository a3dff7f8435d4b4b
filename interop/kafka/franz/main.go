// franz-go as ordinary programs use it: franz BOOTSTRAP
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var bootstrap = os.Args[1]

func topic(ctx context.Context, suffix string, partitions int32) (string, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap))
	if err != nil {
		return "", err
	}
	defer client.Close()
	name := fmt.Sprintf("interop-franz-%s-%d", suffix, time.Now().UnixNano())
	request := kmsg.NewPtrCreateTopicsRequest()
	created := kmsg.NewCreateTopicsRequestTopic()
	created.Topic, created.NumPartitions, created.ReplicationFactor = name, partitions, 1
	request.Topics = append(request.Topics, created)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return "", err
	}
	if code := response.Topics[0].ErrorCode; code != 0 {
		return "", fmt.Errorf("create: error %d", code)
	}
	return name, nil
}

func take(ctx context.Context, name, group string, count int) ([]string, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ConsumerGroup(group), kgo.ConsumeTopics(name),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.DisableAutoCommit())
	if err != nil {
		return nil, err
	}
	defer client.Close()
	var values []string
	for len(values) < count {
		fetches := client.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("only %d of %d", len(values), count)
		}
		fetches.EachRecord(func(record *kgo.Record) { values = append(values, string(record.Value)) })
	}
	return values, client.CommitUncommittedOffsets(ctx)
}

func roundTrip(ctx context.Context, codec string, compression kgo.CompressionCodec) error {
	name, err := topic(ctx, codec, 3)
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.DefaultProduceTopic(name), kgo.ProducerBatchCompression(compression))
	if err != nil {
		return err
	}
	defer client.Close()
	for i := range 300 {
		client.Produce(ctx, kgo.StringRecord(fmt.Sprintf("v%d", i)), nil)
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	if _, err := take(ctx, name, name, 300); err != nil {
		return err
	}
	if err := client.ProduceSync(ctx, kgo.StringRecord("after")).FirstErr(); err != nil {
		return err
	}
	values, err := take(ctx, name, name, 1)
	if err == nil && values[0] != "after" {
		err = fmt.Errorf("found %v", values)
	}
	return err
}

func transactions(ctx context.Context) error {
	name, err := topic(ctx, "txn", 1)
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.DefaultProduceTopic(name), kgo.TransactionalID(name))
	if err != nil {
		return err
	}
	defer client.Close()
	for i := range 10 {
		if err := client.BeginTransaction(); err != nil {
			return err
		}
		if err := client.ProduceSync(ctx, kgo.StringRecord(fmt.Sprintf("v%d", i))).FirstErr(); err != nil {
			return err
		}
		if err := client.EndTransaction(ctx, kgo.TransactionEndTry(i%2 == 0)); err != nil {
			return err
		}
	}
	values, err := take(ctx, name, name, 5)
	if err == nil && fmt.Sprint(values) != "[v0 v2 v4 v6 v8]" {
		err = fmt.Errorf("found %v", values)
	}
	return err
}

func main() {
	failed := 0
	check := func(what string, action func(context.Context) error) {
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		if err := action(ctx); err != nil {
			failed++
			fmt.Println("FAILED franz-go", what, err)
		} else {
			fmt.Println("ok franz-go", what)
		}
	}
	for codec, compression := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		check("round trip "+codec, func(ctx context.Context) error { return roundTrip(ctx, codec, compression) })
	}
	check("transactions", transactions)
	if failed > 0 {
		os.Exit(1)
	}
}
