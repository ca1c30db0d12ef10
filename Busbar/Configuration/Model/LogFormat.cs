namespace Busbar.Configuration.Model;

/// <summary>How log lines look.</summary>
internal enum LogFormat : byte
{
    /// <summary>For people: time, level, words.</summary>
    Text,

    /// <summary>For machines: one JSON object a line.</summary>
    Json,
}
