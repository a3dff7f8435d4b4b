package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopContextTest {

    private final EmbeddedChannel own = new EmbeddedChannel();
    private final LoopContext loop = new LoopContext(own.eventLoop(), System::nanoTime);
    private final List<EmbeddedChannel> channels = new ArrayList<>();

    /** Tells nobody. */
    private enum Silent implements ChannelOutbox.Owner {
        OWNER;

        @Override
        public void congestionChanged(boolean writable) {}

        @Override
        public void overflowed() {}

        @Override
        public void drained() {}

        @Override
        public void sent(long bytes) {}

        @Override
        public void writeFailed(Throwable cause) {
            throw new AssertionError(cause);
        }
    }

    @AfterEach
    void close() {
        channels.forEach(EmbeddedChannel::finishAndReleaseAll);
        own.finishAndReleaseAll();
        loop.chunks().close();
    }

    private ChannelOutbox outbox() {
        channels.add(new EmbeddedChannel());
        return new ChannelOutbox(
                channels.getLast(),
                loop,
                new ChannelOutbox.WriteLimits(1 << 10, 1 << 20, 1 << 20),
                new RawWriter(true, Runnable::run, RawWriter.NONE),
                Silent.OWNER);
    }

    private List<ChannelOutbox> outboxes(int count) {
        List<ChannelOutbox> outboxes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            outboxes.add(outbox());
        }
        return outboxes;
    }

    /** Each speaker of a turn reaches all. */
    private void turns(int count, int speakers, List<ChannelOutbox> receivers) {
        for (int turn = 0; turn < count; turn++) {
            for (int i = 0; i < speakers; i++) {
                loop.heard();
                receivers.forEach(outbox -> outbox.append(new byte[] {1}, 0, 1));
            }
            own.runPendingTasks();
        }
    }

    @Test
    void aTurnWithTooManyReceiversIsSentBeforeItEnds() {
        for (int i = 0; i < 1024; i++) {
            assertThat(channels).noneMatch(channel -> !channel.outboundMessages().isEmpty());
            outbox().append(new byte[] {1}, 0, 1);
        }
        assertThat(channels).allMatch(channel -> channel.outboundMessages().size() == 1);
    }

    @Test
    void whoSpeaksAloneToManyForSomeTimeIsReadMoreOf() {
        List<ChannelOutbox> receivers = outboxes(100);
        turns(63, 1, receivers);
        assertThat(loop.isOneSpeakingToMany()).isFalse();
        turns(1, 1, receivers);
        assertThat(loop.isOneSpeakingToMany()).isTrue();
    }

    @Test
    void anotherWhoSpeaksEndsIt() {
        List<ChannelOutbox> receivers = outboxes(100);
        turns(64, 1, receivers);
        turns(1, 2, receivers);
        assertThat(loop.isOneSpeakingToMany()).isFalse();
        turns(63, 1, receivers);
        assertThat(loop.isOneSpeakingToMany()).isFalse();
    }

    @Test
    void fewReceiversAreNotWorthItAndTooManyHoldTooMuch() {
        turns(64, 1, outboxes(15));
        assertThat(loop.isOneSpeakingToMany()).isFalse();
        turns(64, 1, outboxes(129));
        assertThat(loop.isOneSpeakingToMany()).isFalse();
    }
}
