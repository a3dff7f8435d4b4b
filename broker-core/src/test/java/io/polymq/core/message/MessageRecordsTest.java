package io.polymq.core.message;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.subject.Subject;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordHeaders;
import io.polymq.storage.StoredRecord;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MessageRecordsTest {

    private static final Subject SUBJECT = Subject.ofDotted("a.b");

    /** A header of one text that it decodes as a content type, and a relative expiry. */
    private static final HeaderCodec TOY =
            new HeaderCodec() {
                @Override
                public String protocol() {
                    return "toy";
                }

                @Override
                public MessageProperties decode(byte[] header, int offset, int length, int flags) {
                    return new MessageProperties(
                            new String(header, offset, length, UTF_8),
                            null,
                            null,
                            null,
                            -1,
                            -1,
                            -1,
                            false,
                            List.of());
                }

                @Override
                public long expiresAt(
                        byte[] header, int offset, int length, int flags, long publishedAt) {
                    return publishedAt + 10;
                }
            };

    private final MessageRecords records = new MessageRecords(List.of(TOY));

    @Test
    void theWritersProtocolReadsBackExactlyWhatWasWritten() {
        byte[] header = "xtext/plainx".getBytes(UTF_8);
        Message message = message("hello").header(TOY, header, 1, 10, 7);
        Message back = roundTrip(records, message, false);
        assertThat(back.isNativeTo(TOY)).isTrue();
        assertThat(back.flags()).isEqualTo(7);
        assertThat(new String(back.header(), back.headerOffset(), back.headerLength(), UTF_8))
                .isEqualTo("text/plain");
        assertThat(payload(back)).isEqualTo("hello");
        assertThat(back.subject()).isEqualTo(SUBJECT);
    }

    @Test
    void whoDoesNotKnowTheWriterReadsNeutralProperties() {
        byte[] header = "text/plain".getBytes(UTF_8);
        Message message = message("x").header(TOY, header, 0, 10, 7);
        Message back = roundTrip(new MessageRecords(List.of()), message, false);
        assertThat(back.headerCodec()).isNull();
        assertThat(back.properties().contentType()).isEqualTo("text/plain");
        assertThat(back.properties().expiresAt()).isEqualTo(1_010);
        assertThat(back.properties().headers()).isEmpty();
    }

    @Test
    void allNeutralPropertiesAreKeptWithUserHeadersInOrderAndTwice() {
        MessageProperties properties =
                new MessageProperties(
                        "a/b",
                        new byte[] {1, (byte) 0xFF},
                        "reply.here",
                        "id-1",
                        123,
                        456,
                        7,
                        true,
                        List.of(
                                header("k", "1"),
                                header("content-type", "mine"),
                                new MessageProperties.Header("null", null),
                                header("k", "2"),
                                header("priority", "high")));
        Message back = roundTrip(records, message("x").properties(properties), false);
        assertThat(back.properties()).usingRecursiveComparison().isEqualTo(properties);
        assertThat(back.replyTo()).isEqualTo(Subject.ofDotted("reply.here"));
    }

    @Test
    void theReplySubjectOutsideOfTheHeaderIsKept() {
        Message message = message("x").replyTo(Subject.ofDotted("_INBOX.1"));
        assertThat(roundTrip(records, message, false).replyTo())
                .isEqualTo(Subject.ofDotted("_INBOX.1"));
    }

    @Test
    void aReplySubjectIsSeenBothWaysWhicheverWayItWasGiven() {
        byte[] header = "text/plain".getBytes(UTF_8);
        Message outside =
                message("x").header(TOY, header, 0, 10, 0).replyTo(Subject.ofDotted("in.box"));
        assertThat(outside.properties().replyTo()).isEqualTo("in.box");
        assertThat(outside.properties().contentType()).isEqualTo("text/plain");
        Message inside = message("x").properties(MessageProperties.NONE.withReplyTo("re.ply"));
        assertThat(inside.answerTo()).isEqualTo(Subject.ofDotted("re.ply"));
        assertThat(message("x").answerTo()).isNull();
    }

    @Test
    void aRecordMayTellItsSubject() {
        Message back = roundTrip(records, message("x"), true);
        assertThat(back.subject()).isEqualTo(SUBJECT);
        StoredRecord record = new StoredRecord(0, 0, null, null, List.of());
        assertThat(records.read(record, Subject.ofDotted("implied"), new Message()).subject())
                .hasToString("implied");
    }

    @Test
    void aRecordsKeyIsAHeaderOfTheMessage() {
        ByteBuffer key = ByteBuffer.wrap("k1".getBytes(UTF_8));
        StoredRecord record = new StoredRecord(0, 0, key, null, List.of());
        Message back = records.read(record, SUBJECT, new Message());
        assertThat(MessageRecords.keyOf(back)).isEqualTo("k1".getBytes(UTF_8));
        assertThat(back.payloadLength()).isZero();
    }

    @Test
    void headersOfAnyBytesAreReadWithoutHarm() {
        Random random = new Random(3);
        String[] names = {
            MessageRecords.NATIVE, MessageRecords.PRIORITY, MessageRecords.SUBJECT, "expires-at"
        };
        for (int i = 0; i < 20_000; i++) {
            byte[] value = new byte[random.nextInt(12)];
            random.nextBytes(value);
            StoredRecord.Header header =
                    new StoredRecord.Header(
                            names[random.nextInt(names.length)], ByteBuffer.wrap(value));
            Message back =
                    records.read(
                            new StoredRecord(0, 0, null, null, List.of(header, header)),
                            SUBJECT,
                            new Message());
            assertThat(back.properties().priority()).isBetween(-1, 255);
        }
    }

    private static Message roundTrip(MessageRecords records, Message message, boolean subject) {
        RecordHeaders headers = new RecordHeaders();
        records.encode(message, subject, 1_000, headers);
        ByteBuffer value =
                ByteBuffer.wrap(
                        message.payload(), message.payloadOffset(), message.payloadLength());
        ByteBuffer batch = new RecordBatchBuilder().append(1_000, null, value, headers).build();
        RecordBatchCursor cursor = new RecordBatchCursor().reset(batch);
        assertThat(cursor.next()).isTrue();
        Subject implied = subject ? Subject.EMPTY : message.subject();
        return records.read(cursor.record(), implied, new Message());
    }

    private static MessageProperties.Header header(String name, String value) {
        return new MessageProperties.Header(name, value.getBytes(UTF_8));
    }

    private static Message message(String payload) {
        byte[] bytes = payload.getBytes(UTF_8);
        return new Message().begin(SUBJECT, bytes, 0, bytes.length);
    }

    private static String payload(Message message) {
        return new String(
                message.payload(), message.payloadOffset(), message.payloadLength(), UTF_8);
    }
}
