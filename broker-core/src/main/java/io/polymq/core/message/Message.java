package io.polymq.core.message;

import io.polymq.core.subject.Subject;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way. Borrowed: payload and header are slices of the publisher's buffers, valid
 * only during the call that hands the message over. Whoever wants it for longer calls {@link
 * #keep}, which copies once for all keepers.
 *
 * <p>A publisher reuses one instance ({@link #begin}); a message read from storage is filled the
 * same way. Connection zone of the publisher.
 */
public final class Message {

    private static final byte[] NOTHING = new byte[0];

    private Subject subject = Subject.EMPTY;
    private byte[] payload = NOTHING;
    private int payloadOffset;
    private int payloadLength;
    private @Nullable HeaderCodec headerCodec;
    private byte[] header = NOTHING;
    private int headerOffset;
    private int headerLength;
    private int flags;
    private long publisher;
    private @Nullable Receipt receipt;
    private @Nullable Subject replyTo;
    private byte[] reply = NOTHING;
    private int replyOffset;
    private int replyLength;
    private @Nullable MessageProperties properties;
    private @Nullable Subject shown;
    private @Nullable Origin origin;
    private @Nullable KeptMessage kept;
    private @Nullable WireForm forms;
    private long generation;

    /** Starts a new message; everything else is as if never set. */
    public Message begin(Subject subject, byte[] payload, int offset, int length) {
        this.subject = subject;
        this.payload = payload;
        this.payloadOffset = offset;
        this.payloadLength = length;
        this.headerCodec = null;
        this.header = NOTHING;
        this.headerOffset = 0;
        this.headerLength = 0;
        this.flags = 0;
        this.publisher = 0;
        this.receipt = null;
        this.replyTo = null;
        this.replyLength = 0;
        this.properties = null;
        this.shown = null;
        this.origin = null;
        this.kept = null;
        this.generation++;
        return this;
    }

    /**
     * The publisher's own header, opaque to everyone but its protocol, whose codec reads neutral
     * properties out of it when someone asks.
     *
     * @param flags the protocol's own bits (MQTT: QoS, retain), kept with the header
     */
    public Message header(HeaderCodec codec, byte[] bytes, int offset, int length, int flags) {
        this.headerCodec = codec;
        this.header = bytes;
        this.headerOffset = offset;
        this.headerLength = length;
        this.flags = flags;
        return this;
    }

    /**
     * For a message without a protocol of its own (in-process, admin): its properties as they are.
     */
    public Message properties(MessageProperties neutral) {
        this.properties = neutral;
        return this;
    }

    /** The connection that published it, for no-local and echo. */
    public Message publisher(long connectionId) {
        this.publisher = connectionId;
        return this;
    }

    /** Where the publisher hears that every sink that must keep the message safe has done so. */
    public Message receipt(@Nullable Receipt receipt) {
        this.receipt = receipt;
        return this;
    }

    /** Where answers go, for protocols that have it outside of the header (NATS). */
    public Message replyTo(@Nullable Subject subject) {
        this.replyTo = subject;
        return this;
    }

    /**
     * The same from its dotted bytes, a slice like the payload; a subject is made only if asked
     * for.
     */
    public Message replyTo(byte[] dotted, int offset, int length) {
        this.reply = dotted;
        this.replyOffset = offset;
        this.replyLength = length;
        return this;
    }

    /**
     * The subject that receivers are shown in place of the one by which the message finds them, for
     * protocols that hand stored messages to an inbox (JetStream). It is not kept.
     */
    public Message shownAs(Subject other) {
        this.shown = other;
        return this;
    }

    /** What the message is recognised by when it is handed over once more; kept with it. */
    public Message origin(@Nullable Origin name) {
        this.origin = name;
        this.kept = null;
        return this;
    }

    public @Nullable Origin origin() {
        return origin;
    }

    public Subject subject() {
        return subject;
    }

    /** What a receiver is told as the subject: {@link #subject} unless it was said otherwise. */
    public Subject shown() {
        Subject other = shown;
        return other == null ? subject : other;
    }

    public byte[] payload() {
        return payload;
    }

    public int payloadOffset() {
        return payloadOffset;
    }

    public int payloadLength() {
        return payloadLength;
    }

    /**
     * Whether the header was written by the protocol of this codec, so that it can be passed on as
     * it is.
     */
    public boolean isNativeTo(HeaderCodec codec) {
        return headerCodec == codec;
    }

    public @Nullable HeaderCodec headerCodec() {
        return headerCodec;
    }

    public byte[] header() {
        return header;
    }

    public int headerOffset() {
        return headerOffset;
    }

    public int headerLength() {
        return headerLength;
    }

    public int flags() {
        return flags;
    }

    public long publisher() {
        return publisher;
    }

    public @Nullable Receipt receipt() {
        return receipt;
    }

    public @Nullable Subject replyTo() {
        if (replyTo == null && replyLength > 0) {
            replyTo = Subject.ofDotted(reply, replyOffset, replyLength);
        }
        return replyTo;
    }

    /** Where answers go, whichever way its protocol says it; may have to decode the header. */
    public @Nullable Subject answerTo() {
        Subject outside = replyTo();
        if (outside != null) {
            return outside;
        }
        String inside = properties().replyTo();
        return inside == null ? null : Subject.ofDotted(inside);
    }

    /** The neutral properties, decoded when first asked for. */
    public MessageProperties properties() {
        MessageProperties known = properties;
        if (known == null) {
            HeaderCodec codec = headerCodec;
            known =
                    codec == null
                            ? MessageProperties.NONE
                            : codec.decode(header, headerOffset, headerLength, flags);
            Subject outside = known.replyTo() == null ? replyTo() : null;
            known = outside == null ? known : known.withReplyTo(outside.toString());
            properties = known;
        }
        return known;
    }

    /**
     * When it ends to be of use, in milliseconds since 1970, -1 for never.
     *
     * @param publishedAt from when a header counts that says how long
     */
    public long expiresAt(long publishedAt) {
        HeaderCodec codec = headerCodec;
        if (codec != null) {
            return codec.expiresAt(header, headerOffset, headerLength, flags, publishedAt);
        }
        return properties().expiresAt();
    }

    /** An immutable copy, made when first asked for and shared by all keepers of this message. */
    public KeptMessage keep() {
        KeptMessage copy = kept;
        if (copy == null) {
            copy = KeptMessage.copyOf(this);
            kept = copy;
        }
        return copy;
    }

    /** What keeps it already is not copied for the next one. */
    void keptAs(KeptMessage known) {
        kept = known;
    }

    /** The form that a sink of that protocol attached to this instance; null when none did. */
    public @Nullable WireForm form(HeaderCodec protocol) {
        for (WireForm form = forms; form != null; form = form.next) {
            if (form.protocol == protocol) {
                return form;
            }
        }
        return null;
    }

    /** Attaches a form, once for each protocol; it stays through {@link #begin}. */
    public void attach(WireForm form) {
        form.next = forms;
        forms = form;
    }

    /** Whether the form was filled since {@link #begin}. */
    public boolean isCurrent(WireForm form) {
        return form.generation == generation;
    }

    /** Says that the form now holds this message. */
    public void filled(WireForm form) {
        form.generation = generation;
    }
}
