package io.polymq.kafka;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** Speaks the protocol message by message over a blocking socket. */
final class RawClient implements AutoCloseable {

    private final Socket socket;
    private final DataInputStream in;
    private int correlationId;

    RawClient(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    <T extends ApiMessage> T ask(ApiKeys key, int version, ApiMessage request, Class<T> type)
            throws IOException {
        send(key, version, request);
        return type.cast(receive(key, version));
    }

    int send(ApiKeys key, int version, ApiMessage request) throws IOException {
        RequestHeaderData header =
                new RequestHeaderData()
                        .setRequestApiKey(key.id)
                        .setRequestApiVersion((short) version)
                        .setCorrelationId(++correlationId)
                        .setClientId("raw");
        ObjectSerializationCache cache = new ObjectSerializationCache();
        short headerVersion = key.requestHeaderVersion((short) version);
        int size = header.size(cache, headerVersion) + request.size(cache, (short) version);
        ByteBuffer frame = ByteBuffer.allocate(4 + size);
        frame.putInt(size);
        ByteBufferAccessor out = new ByteBufferAccessor(frame);
        header.write(out, cache, headerVersion);
        request.write(out, cache, (short) version);
        send(frame.array());
        return correlationId;
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    ApiMessage receive(ApiKeys key, int version) throws IOException {
        ByteBuffer frame = receive();
        ByteBufferAccessor accessor = new ByteBufferAccessor(frame);
        new ResponseHeaderData(accessor, key.responseHeaderVersion((short) version));
        ApiMessage response = key.messageType.newResponse();
        response.read(accessor, (short) version);
        if (frame.hasRemaining()) {
            throw new AssertionError(frame.remaining() + " bytes behind the response to " + key);
        }
        return response;
    }

    /** How long a read may take. */
    void timeout(int millis) throws IOException {
        socket.setSoTimeout(millis);
    }

    /** Returns when an answer begins; nothing of it is taken. */
    void awaitAnswer() throws IOException {
        in.mark(1);
        if (in.read() < 0) {
            throw new EOFException();
        }
        in.reset();
        socket.setSoTimeout(20_000);
    }

    ByteBuffer receive() throws IOException {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        return ByteBuffer.wrap(frame);
    }

    boolean isClosedByPeer() throws IOException {
        try {
            return in.read() < 0;
        } catch (EOFException | java.net.SocketException closed) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
