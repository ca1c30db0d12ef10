namespace Busbar.Gateway.Attempts;

/// <summary>Ways in which an attempt ends.</summary>
internal enum AttemptEnd : byte
{
    /// <summary>The client has its answer.</summary>
    Answered,

    /// <summary>The client went away.</summary>
    ClientLeft,

    /// <summary>Nothing reached the client; another lane may be tried.</summary>
    NextLane,

    /// <summary>Nothing reached the client, and no other lane is to be tried: it is told what the provider refused.</summary>
    Refused,

    /// <summary>As <see cref="NextLane"/>, but no call was made, so it costs no hop.</summary>
    Skipped,
}
