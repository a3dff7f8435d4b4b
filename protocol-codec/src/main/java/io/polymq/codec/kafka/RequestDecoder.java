package io.polymq.codec.kafka;

import io.netty.buffer.ByteBuf;
import io.polymq.codec.kafka.KafkaProtocolException.Reason;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.jspecify.annotations.Nullable;

/**
 * Takes requests off a stream of bytes. Stateless: an unfinished frame is left where it is. Every
 * length is held against its bound before anything is allocated.
 */
public final class RequestDecoder {

    private static final int LENGTH_BYTES = 4;

    /** Kafka's sasl.server.max.receive.size. */
    private static final int LONGEST_TOKEN = 512 << 10;

    /** Key, version, correlation id. */
    private static final int SMALLEST_FRAME = 8;

    private static final int KEY_AT = 0;
    private static final int VERSION_AT = 2;
    private static final int CORRELATION_AT = 4;

    private final ServedApis apis;
    private final Limits limits;

    /**
     * @param produceBytes the largest frame that carries records
     * @param otherBytes the largest frame of any other key
     * @param elements how many elements one collection of a request may have
     */
    public record Limits(int produceBytes, int otherBytes, int elements) {
        public static final Limits DEFAULT = new Limits(100 << 20, 8 << 20, 1 << 17);
    }

    public RequestDecoder(ServedApis apis, Limits limits) {
        this.apis = apis;
        this.limits = limits;
    }

    /**
     * The next frame of bytes without a header, as they follow a SaslHandshake of version 0; null
     * when it has not wholly come.
     */
    public static byte @Nullable [] rawToken(ByteBuf in) {
        if (in.readableBytes() < LENGTH_BYTES) {
            return null;
        }
        int length = in.getInt(in.readerIndex());
        if (length < 0 || length > LONGEST_TOKEN) {
            throw new KafkaProtocolException(Reason.FRAME_LENGTH, "a token of " + length);
        }
        if (in.readableBytes() < LENGTH_BYTES + length) {
            return null;
        }
        byte[] token = new byte[length];
        in.skipBytes(LENGTH_BYTES).readBytes(token);
        return token;
    }

    /**
     * The next request, or null when its frame has not wholly come; then nothing is consumed.
     *
     * @param packetLimit what the connection takes at most at the moment
     */
    public @Nullable KafkaRequest decode(ByteBuf in, int packetLimit) {
        return decode(in, packetLimit, false);
    }

    /**
     * The same of a buffer that may be kept: records are left where they are.
     *
     * @param kept whether the buffer is an array that is used for nothing else ever
     */
    public @Nullable KafkaRequest decode(ByteBuf in, int packetLimit, boolean kept) {
        if (in.readableBytes() < LENGTH_BYTES) {
            return null;
        }
        int length = in.getInt(in.readerIndex());
        if (length < SMALLEST_FRAME || length > Math.min(packetLimit, limits.produceBytes)) {
            throw new KafkaProtocolException(Reason.FRAME_LENGTH, "a frame of " + length);
        }
        if (in.readableBytes() < LENGTH_BYTES + SMALLEST_FRAME) {
            return null;
        }
        ApiKeys key = key(in, length);
        if (in.readableBytes() < LENGTH_BYTES + length) {
            return null;
        }
        in.skipBytes(LENGTH_BYTES);
        ByteBuf frame = in.readSlice(length);
        short version = frame.getShort(frame.readerIndex() + VERSION_AT);
        if (!apis.serves(key, version)) {
            return unserved(key, version, frame, length);
        }
        return body(key, version, frame, length, kept && key == ApiKeys.PRODUCE);
    }

    /** How long the frame is of which {@link #decode} found a beginning; 0 while that is open. */
    public static int frameBytes(ByteBuf in) {
        return in.readableBytes() < LENGTH_BYTES + SMALLEST_FRAME
                ? 0
                : LENGTH_BYTES + in.getInt(in.readerIndex());
    }

    /** Checks a frame's key and length as soon as they are known, not when all of it has come. */
    private ApiKeys key(ByteBuf in, int length) {
        short id = in.getShort(in.readerIndex() + LENGTH_BYTES + KEY_AT);
        if (!ApiKeys.hasId(id) || !apis.serves(ApiKeys.forId(id))) {
            throw new KafkaProtocolException(Reason.UNKNOWN_KEY, "key " + id);
        }
        ApiKeys key = ApiKeys.forId(id);
        if (key != ApiKeys.PRODUCE && length > limits.otherBytes) {
            throw new KafkaProtocolException(
                    Reason.FRAME_LENGTH, "a frame of " + length + " for " + key);
        }
        return key;
    }

    private static KafkaRequest unserved(ApiKeys key, short version, ByteBuf frame, int length) {
        if (key != ApiKeys.API_VERSIONS) {
            throw new KafkaProtocolException(
                    Reason.UNSUPPORTED_VERSION, key + " in version " + version);
        }
        int correlationId = frame.getInt(frame.readerIndex() + CORRELATION_AT);
        return new KafkaRequest(
                key, (short) 0, correlationId, null, new ApiVersionsRequestData(), length, false);
    }

    private KafkaRequest body(ApiKeys key, short version, ByteBuf frame, int length, boolean kept) {
        FrameReader reader = new FrameReader(frame, limits.elements, kept);
        try {
            RequestHeaderData header =
                    new RequestHeaderData(reader, key.requestHeaderVersion(version));
            ApiMessage body = key.messageType.newRequest();
            body.read(reader, version);
            return new KafkaRequest(
                    key, version, header.correlationId(), header.clientId(), body, length, true);
        } catch (KafkaProtocolException malformed) {
            throw malformed;
        } catch (RuntimeException malformed) {
            // The generated readers have no exception of their own for what they cannot read.
            throw new KafkaProtocolException(
                    Reason.MALFORMED, key + " in version " + version + ": " + malformed);
        }
    }
}
