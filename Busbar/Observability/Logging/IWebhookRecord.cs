using System.Text.Json;

namespace Busbar.Observability.Logging;

/// <summary>What a <see cref="RequestWebhook"/> tells its receiver.</summary>
internal interface IWebhookRecord
{
    /// <summary>Whether it is still to be told: asked right before it is sent. Blocks.</summary>
    bool IsDue => true;

    /// <summary>The receiver has it, or does not get it any more. <paramref name="isLast"/> of those that were sent together. May block.</summary>
    void Settled(bool isLast)
    {
        // Nobody wants to know.
    }

    /// <summary>Writes one object.</summary>
    void Write(Utf8JsonWriter json);
}
