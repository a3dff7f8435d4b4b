package io.polymq.core.schema;

import java.io.IOException;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.NameValidator;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.jspecify.annotations.Nullable;

/** Avro's binary encoding: it must decode, and nothing may be left. */
final class AvroCheck implements PayloadCheck {

    private final org.apache.avro.Schema schema;

    AvroCheck(Schema of) throws SchemaException {
        try {
            schema =
                    new org.apache.avro.Schema.Parser(NameValidator.UTF_VALIDATOR).parse(of.text());
        } catch (AvroRuntimeException e) {
            throw new SchemaException("not a usable Avro schema: " + e.getMessage(), e);
        }
    }

    @Override
    public @Nullable String fault(byte[] payload, int offset, int length) {
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(payload, offset, length, null);
        try {
            GenericDatumReader.skip(schema, decoder);
            return decoder.isEnd() ? null : "bytes are left behind the datum";
        } catch (IOException | RuntimeException e) {
            return "not Avro of this schema: " + e.getClass().getSimpleName();
        }
    }
}
