package io.polymq.core.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import io.polymq.core.message.Message;
import io.polymq.core.schema.SchemaBinding.Violation;
import io.polymq.core.subject.Subject;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.NodeCache;
import io.polymq.meta.embedded.EmbeddedMetadata;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SchemasTest {

    private static final String JSON =
            """
            {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
            """;
    private static final String AVRO =
            """
            {"type": "record", "name": "Order", "fields": [
              {"name": "id", "type": "long"}, {"name": "note", "type": "string"}]}
            """;

    @TempDir Path folder;
    private MetadataStore store;
    private NodeCache cache;
    private Schemas schemas;

    @BeforeEach
    void open() {
        store = EmbeddedMetadata.open(folder);
        begin();
    }

    private void begin() {
        cache = new NodeCache(store);
        schemas = new Schemas(cache);
        schemas.ready().orTimeout(20, TimeUnit.SECONDS).join();
    }

    @AfterEach
    void close() {
        schemas.close();
        cache.close();
        store.close();
    }

    private void define(
            String name, SchemaFormat format, String text, String type, boolean framed) {
        schemas.define("t", new Schema(name, format, text, type, framed))
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    private void bind(String filter, String schema, Violation violation) {
        schemas.bind("t", new SchemaBinding(filter, schema, violation))
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    private String refusal(String subject, byte[] payload) {
        return schemas.refusal(
                "t", new Message().begin(Subject.ofDotted(subject), payload, 0, payload.length));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void jsonThatDoesNotFollowItsSchemaIsRefused() {
        define("order", SchemaFormat.JSON, JSON, "", false);
        bind("orders.#", "order", Violation.REJECT);
        assertThat(refusal("orders.eu", utf8("{\"id\": 1}"))).isNull();
        assertThat(refusal("orders.eu", utf8("{\"id\": \"one\"}"))).contains("schema order");
        assertThat(refusal("orders.eu", utf8("{\"id\": 1} rest"))).contains("not JSON");
        assertThat(refusal("orders.eu", utf8(""))).isNotNull();
        assertThat(refusal("orders.eu", utf8("[".repeat(100_000)))).isNotNull();
        assertThat(refusal("other", utf8("anything"))).isNull();
        assertThat(
                        schemas.refusal(
                                "u",
                                new Message()
                                        .begin(Subject.ofDotted("orders.eu"), utf8("x"), 0, 1)))
                .isNull();
    }

    @Test
    void aViolationThatIsOnlyLoggedPasses() {
        define("order", SchemaFormat.JSON, JSON, "", false);
        bind("orders.*", "order", Violation.LOG);
        assertThat(refusal("orders.eu", utf8("{}"))).isNull();
        bind("orders.*", "order", Violation.REJECT);
        assertThat(refusal("orders.eu", utf8("{}"))).isNotNull();
        schemas.unbind("t", "orders.*").join();
        assertThat(refusal("orders.eu", utf8("{}"))).isNull();
    }

    @Test
    void avroMustDecodeWithoutRest() throws IOException {
        define("order", SchemaFormat.AVRO, AVRO, "", false);
        define("framed", SchemaFormat.AVRO, AVRO, "", true);
        bind("plain", "order", Violation.REJECT);
        bind("framed", "framed", Violation.REJECT);
        byte[] good = avro();
        assertThat(refusal("plain", good)).isNull();
        byte[] rest = java.util.Arrays.copyOf(good, good.length + 1);
        assertThat(refusal("plain", rest)).contains("left");
        assertThat(refusal("plain", java.util.Arrays.copyOf(good, good.length - 1))).isNotNull();
        byte[] framed = new byte[good.length + 5];
        System.arraycopy(good, 0, framed, 5, good.length);
        assertThat(refusal("framed", framed)).isNull();
        assertThat(refusal("framed", good)).contains("schema id");
    }

    private static byte[] avro() throws IOException {
        org.apache.avro.Schema schema = new org.apache.avro.Schema.Parser().parse(AVRO);
        GenericData.Record record = new GenericData.Record(schema);
        record.put("id", 42L);
        record.put("note", "hello");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<GenericData.Record>(schema).write(record, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    @Test
    void protobufMustDecodeWithAllThatIsRequired() {
        FileDescriptorSet set =
                FileDescriptorSet.newBuilder()
                        .addFile(
                                FileDescriptorProto.newBuilder()
                                        .setName("order.proto")
                                        .setPackage("shop")
                                        .addMessageType(
                                                DescriptorProto.newBuilder()
                                                        .setName("Order")
                                                        .addField(
                                                                FieldDescriptorProto.newBuilder()
                                                                        .setName("id")
                                                                        .setNumber(1)
                                                                        .setType(
                                                                                FieldDescriptorProto
                                                                                        .Type
                                                                                        .TYPE_INT64)
                                                                        .setLabel(
                                                                                FieldDescriptorProto
                                                                                        .Label
                                                                                        .LABEL_REQUIRED))))
                        .build();
        String text = Base64.getEncoder().encodeToString(set.toByteArray());
        define("order", SchemaFormat.PROTOBUF, text, "shop.Order", false);
        bind("orders", "order", Violation.REJECT);
        assertThat(refusal("orders", new byte[] {0x08, 0x2A})).isNull();
        assertThat(refusal("orders", new byte[0])).contains("id is missing");
        assertThat(refusal("orders", new byte[] {0x08})).isNotNull();
        assertThatThrownBy(() -> define("x", SchemaFormat.PROTOBUF, text, "shop.None", false))
                .hasCauseInstanceOf(SchemaException.class);
    }

    @Test
    void schemasThatCannotBeUsedAreRefused() {
        assertThatThrownBy(() -> define("x", SchemaFormat.JSON, "{\"type\": ", "", false))
                .hasCauseInstanceOf(SchemaException.class);
        assertThatThrownBy(() -> define("x", SchemaFormat.AVRO, "{\"type\": \"none\"}", "", false))
                .hasCauseInstanceOf(SchemaException.class);
        assertThatThrownBy(() -> define("x", SchemaFormat.PROTOBUF, "!!", "a.B", false))
                .hasCauseInstanceOf(SchemaException.class);
        assertThatThrownBy(
                        () ->
                                define(
                                        "x",
                                        SchemaFormat.JSON,
                                        "{\"$ref\": \"http://localhost:1/other.json\"}",
                                        "",
                                        false))
                .hasCauseInstanceOf(SchemaException.class);
        assertThatThrownBy(() -> bind("a.b", "missing", Violation.LOG))
                .hasCauseInstanceOf(SchemaException.class);
    }

    @Test
    void aRestartKeepsSchemasAndOneThatIsUsedStays() {
        define("order", SchemaFormat.JSON, JSON, "", false);
        bind("orders.#", "order", Violation.REJECT);
        assertThatThrownBy(() -> schemas.remove("t", "order").join())
                .hasCauseInstanceOf(SchemaException.class);
        schemas.close();
        cache.close();
        begin();
        assertThat(schemas.tenants()).containsExactly("t");
        assertThat(schemas.schemas("t")).hasSize(1);
        assertThat(refusal("orders.eu", utf8("{}"))).isNotNull();
        schemas.unbind("t", "orders.#").join();
        schemas.remove("t", "order").join();
        assertThat(schemas.schemas("t")).isEmpty();
    }

    @Test
    void randomBytesNeverThrow() {
        define("json", SchemaFormat.JSON, JSON, "", false);
        define("avro", SchemaFormat.AVRO, AVRO, "", false);
        bind("json", "json", Violation.REJECT);
        bind("avro", "avro", Violation.REJECT);
        Random random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            byte[] payload = new byte[random.nextInt(40)];
            random.nextBytes(payload);
            refused += refusal(i % 2 == 0 ? "json" : "avro", payload) == null ? 0 : 1;
        }
        assertThat(refused).isGreaterThan(1900);
    }
}
