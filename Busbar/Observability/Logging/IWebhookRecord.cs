using System.Text.Json;

namespace Busbar.Observability.Logging;

/// <summary>What a <see cref="RequestWebhook"/> tells its receiver.</summary>
internal interface IWebhookRecord
{
    /// <summary>Writes one object.</summary>
    void Write(Utf8JsonWriter json);
}
