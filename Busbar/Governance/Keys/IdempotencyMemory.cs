namespace Busbar.Governance.Keys;

/// <summary>
/// Remembers for a day which key an <c>Idempotency-Key</c> made, for the last <see cref="Capacity"/> of them. It does not keep secrets, so a repeated
/// call cannot be answered like the first. Not safe for concurrent calls.
/// </summary>
internal sealed class IdempotencyMemory
{
    /// <summary>Most that is remembered.</summary>
    public const int Capacity = 1000;

    private const long Lifetime = 86_400;

    private readonly Dictionary<string, (string KeyId, long At)> _made = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>
    /// Id of the key that <paramref name="idempotencyKey"/> made within the last day before <paramref name="now"/> (epoch second); null when there is
    /// none.
    /// </summary>
    public string? Find(string idempotencyKey, long now) =>
        _made.TryGetValue(idempotencyKey, out (string KeyId, long At) made) && now - made.At < Lifetime ? made.KeyId : null;

    /// <summary>Remembers that <paramref name="idempotencyKey"/>, of which <see cref="Find"/> knew nothing, made <paramref name="keyId"/>.</summary>
    public void Remember(string idempotencyKey, string keyId, long now)
    {
        if (!_made.ContainsKey(idempotencyKey))
        {
            _order.Enqueue(idempotencyKey);
        }

        _made[idempotencyKey] = (keyId, now);
        while (_order.Count > Capacity)
        {
            _made.Remove(_order.Dequeue());
        }
    }
}
