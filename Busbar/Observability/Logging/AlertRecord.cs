using System.Globalization;
using System.Text.Json;

namespace Busbar.Observability.Logging;

/// <summary>
/// A threshold of a limit that was reached, for the receiver of alerts. Holds ids and numbers, never what anybody asked or was answered.
/// </summary>
internal sealed record AlertRecord : IWebhookRecord
{
    /// <summary>When it was noticed.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Id of the group or key.</summary>
    public required string Owner { get; init; }

    /// <summary>What people call it; null where it is gone.</summary>
    public string? OwnerName { get; init; }

    /// <summary>Kind of the limit.</summary>
    public required string Kind { get; init; }

    /// <summary>Its window.</summary>
    public required string Window { get; init; }

    /// <summary>The pool or model that it is about; null for all.</summary>
    public string? Pool { get; init; }

    /// <summary>The threshold, per cent.</summary>
    public required int Percent { get; init; }

    /// <summary>The most: cents of money, else a number.</summary>
    public required long Max { get; init; }

    /// <summary>What is used of it, in the same unit.</summary>
    public required double Used { get; init; }

    /// <summary>When the window began, epoch second; 0 for a limit for all time.</summary>
    public required long WindowStart { get; init; }

    /// <summary>Whether it is still this process' to tell; null where there is no other.</summary>
    public Func<bool>? Due { get; init; }

    /// <summary>Is told once the receiver has it, or does not get it any more, and whether it is the last of those that were sent together.</summary>
    public Action<bool>? Done { get; init; }

    /// <inheritdoc/>
    public bool IsDue => Due?.Invoke() ?? true;

    // The same whichever process tells it.
    private string Id => string.Create(CultureInfo.InvariantCulture, $"{Owner}/{Kind}/{Window}/{Pool}/{WindowStart}/{Percent}");

    /// <inheritdoc/>
    public void Settled(bool isLast) => Done?.Invoke(isLast);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("alert"u8, "limit_threshold"u8);
        json.WriteString("id"u8, Id);
        json.WriteNumber("ts"u8, Time.ToUnixTimeSeconds());
        json.WriteString("time"u8, Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("owner"u8, Owner);
        json.WriteString("owner_name"u8, OwnerName);
        json.WriteString("kind"u8, Kind);
        json.WriteString("window"u8, Window);
        json.WriteString("pool"u8, Pool);
        json.WriteNumber("percent"u8, Percent);
        json.WriteNumber(Kind == "budget" ? "max_cents"u8 : "max"u8, Max);
        json.WriteNumber(Kind == "budget" ? "used_cents"u8 : "used"u8, Used);
        json.WriteNumber("window_start"u8, WindowStart);
        json.WriteEndObject();
    }
}
