module polymq.io/interop/amqp10

go 1.23

require github.com/Azure/go-amqp v1.7.0
