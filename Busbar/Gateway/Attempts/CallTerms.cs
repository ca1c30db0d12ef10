namespace Busbar.Gateway.Attempts;

/// <summary>What a call may take, as it stood when the call began.</summary>
/// <param name="Limit">Which clock ends it.</param>
/// <param name="Left">What was left of the request's deadline.</param>
/// <param name="HasOther">Whether another lane could be called instead.</param>
/// <param name="Begun">When it began, in the request's time.</param>
internal readonly record struct CallTerms(CallLimit Limit, TimeSpan Left, bool HasOther, TimeSpan Begun);
