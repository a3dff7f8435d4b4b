package io.polymq.codec.amqp;

import org.jspecify.annotations.Nullable;

/** The methods of class tx (90). */
public sealed interface TxMethod extends Method {

    int CLASS_ID = 90;

    @Override
    default int classId() {
        return CLASS_ID;
    }

    /** The method of that number, or null when there is none. */
    static @Nullable TxMethod read(int methodId, AmqpReader in) {
        return switch (methodId) {
            case 10 -> new Select();
            case 11 -> new SelectOk();
            case 20 -> new Commit();
            case 21 -> new CommitOk();
            case 30 -> new Rollback();
            case 31 -> new RollbackOk();
            default -> null;
        };
    }

    record Select() implements TxMethod {
        @Override
        public int methodId() {
            return 10;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record SelectOk() implements TxMethod {
        @Override
        public int methodId() {
            return 11;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record Commit() implements TxMethod {
        @Override
        public int methodId() {
            return 20;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record CommitOk() implements TxMethod {
        @Override
        public int methodId() {
            return 21;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record Rollback() implements TxMethod {
        @Override
        public int methodId() {
            return 30;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record RollbackOk() implements TxMethod {
        @Override
        public int methodId() {
            return 31;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }
}
