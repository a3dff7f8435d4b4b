package io.polymq.core.schema;

/** What a schema is written in. */
public enum SchemaFormat {
    /** JSON Schema, draft 2020-12 unless it names another; payloads are JSON. */
    JSON {
        @Override
        PayloadCheck compile(Schema schema) throws SchemaException {
            return new JsonCheck(schema);
        }
    },
    /** An Avro schema in JSON; payloads are Avro's binary encoding. */
    AVRO {
        @Override
        PayloadCheck compile(Schema schema) throws SchemaException {
            return new AvroCheck(schema);
        }
    },
    /**
     * A Protobuf file descriptor set in Base64 ({@code protoc --include_imports
     * --descriptor_set_out}); payloads are messages of the type that the schema names.
     */
    PROTOBUF {
        @Override
        PayloadCheck compile(Schema schema) throws SchemaException {
            return new ProtobufCheck(schema);
        }
    };

    abstract PayloadCheck compile(Schema schema) throws SchemaException;
}
