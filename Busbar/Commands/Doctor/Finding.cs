namespace Busbar.Commands.Doctor;

/// <summary>What a check found.</summary>
/// <param name="Grade">How it stands.</param>
/// <param name="Subject">What was looked at, such as <c>providers.openai</c>.</param>
/// <param name="Says">What was found, and what to do where that is needed. Never a secret.</param>
internal sealed record Finding(Grade Grade, string Subject, string Says)
{
    /// <summary>The grade, as it is printed.</summary>
    public string Word => Grade switch { Grade.Good => "ok", Grade.Doubtful => "warn", _ => "fail" };
}
