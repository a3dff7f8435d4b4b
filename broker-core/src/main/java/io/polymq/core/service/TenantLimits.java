package io.polymq.core.service;

/** Whether a tenant may have more; asked by whoever makes something for it. Any thread. */
public interface TenantLimits {

    /** Everyone may have everything. */
    TenantLimits NONE = (tenant, kind, have) -> true;

    /**
     * Whether there may be one more; when not, operators are told. A look at a field as long as no
     * tenant has a quota.
     *
     * @param have how many it has now
     */
    boolean mayAdd(String tenant, TenantQuotas.Kind kind, long have);

    /** Whether it may store more; the same one each time, for whoever appends. */
    default Allowance allowance(String tenant) {
        return Allowance.unlimited();
    }

    /** Someone else keeps something for tenants, which counts for what they store. */
    default void stores(StoredBytes.Keeper keeper) {}
}
