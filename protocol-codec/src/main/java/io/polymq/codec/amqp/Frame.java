package io.polymq.codec.amqp;

/** The numbers that frames are made of. */
public final class Frame {

    public static final int METHOD = 1;
    public static final int HEADER = 2;
    public static final int BODY = 3;
    public static final int HEARTBEAT = 8;
    public static final int END = 0xCE;

    /** Type, channel and size. */
    public static final int HEADER_BYTES = 7;

    /** Header and end octet. */
    public static final int OVERHEAD = HEADER_BYTES + 1;

    private Frame() {}
}
